-- Posts one and the same request as fast as it goes: the yardstick.
-- Arguments: the file that holds the body, then pairs of header name and value.

dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "summary.lua")

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  for i = 2, #args, 2 do
    wrk.headers[args[i]] = args[i + 1]
  end
  made = wrk.format()
end

function request()
  return made
end
