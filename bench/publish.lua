-- Publishes events, each about a subject of its own.
-- Arguments: the API key, the event type, how many events a request has (1: not in bulk), the filling of each event.

dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "summary.lua")

local threads = 0

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

function init(args)
  event, bulk, filling = args[2], tonumber(args[3]), args[4]
  count = 0
  wrk.method = "POST"
  wrk.headers["X-API-KEY"] = args[1]
  wrk.headers["Content-Type"] = "application/json"
  wrk.path = bulk > 1 and "/api/Event/Bulk" or "/api/Event"
  -- Two runs against one server must not meet in their subjects.
  run = tostring(os.time()) .. "-" .. tostring(id)
end

local function one()
  count = count + 1
  return string.format('{"Event":"%s","Subject":"%s-%d","Data":{"Number":%d,"Note":"%s"}}', event, run, count, count, filling)
end

function request()
  if bulk == 1 then
    return wrk.format(nil, nil, nil, one())
  end
  local events = {}
  for i = 1, bulk do
    events[i] = one()
  end
  return wrk.format(nil, nil, nil, "[" .. table.concat(events, ",") .. "]")
end
