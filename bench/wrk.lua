-- The load: each request of a connection takes the next prepared one.
-- Arguments after `--`: method, path, a file with one header a line, a file with the bodies: before
-- each a line with its length in bytes, since a body may hold anything.

local prepared = {}
local next_request = 0

function init(args)
   local headers = {}
   for line in io.lines(args[3]) do
      local name, value = line:match("^([^:]+): (.*)$")
      headers[name] = value
   end
   local bodies = io.open(args[4], "rb")
   for length in function() return bodies:read("*l") end do
      local body = bodies:read(tonumber(length))
      prepared[#prepared + 1] = wrk.format(args[1], args[2], headers, body)
   end
   bodies:close()
end

function request()
   next_request = next_request % #prepared + 1
   return prepared[next_request]
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '{"requests":%d,"duration_us":%d,"failed":%d,"p50_us":%d,"p99_us":%d}\n',
      summary.requests, summary.duration,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout,
      latency:percentile(50), latency:percentile(99)))
end
