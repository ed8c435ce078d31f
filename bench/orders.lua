-- Adds orders, each with a number of its own, at one of a thousand addresses.
-- Arguments: the API key, how many orders a request has (1: not in bulk).

dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "summary.lua")

local threads = 0

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

function init(args)
  bulk = tonumber(args[2])
  count = 0
  wrk.method = "POST"
  wrk.headers["X-API-KEY"] = args[1]
  wrk.headers["Content-Type"] = "application/json"
  wrk.path = bulk > 1 and "/api/Order/Bulk" or "/api/Order"
  -- Two runs against one server must not meet in their numbers.
  run = tostring(os.time()) .. "-" .. tostring(id)
end

local function one()
  count = count + 1
  local place = (count * 7919) % 1000
  return string.format(
    '{"Number":"%s-%d","Id":"erp-%s-%d","Date":"2026-11-23","ClientId":"C-%d","Client":"Client %d",'
    .. '"Address":"Street %d, 10123 Tallinn","AddressLat":%.4f,"AddressLon":%.4f,"TimeSlotFrom":"09:00","TimeSlotTo":"12:00",'
    .. '"ServiceTime":10,"Weight":12.5,"Phone":"+1 202 555 0100","Note":"Ring at the back door","GoodsList":['
    .. '{"OrderLineId":"1","GoodsName":"Coffee beans 1 kg","GoodsUnit":"pcs","Quantity":10,"Cost":4.89},'
    .. '{"OrderLineId":"2","GoodsName":"Paper cups, 50","GoodsUnit":"pack","Quantity":4,"Cost":2.5}]}',
    run, count, run, count, place, place, place, 59.4 + place / 10000, 24.7 + place / 10000)
end

function request()
  if bulk == 1 then
    return wrk.format(nil, nil, nil, one())
  end
  local orders = {}
  for i = 1, bulk do
    orders[i] = one()
  end
  return wrk.format(nil, nil, nil, "[" .. table.concat(orders, ",") .. "]")
end
