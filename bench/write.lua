-- wrk script: posts new observations, $BATCH of them a request, and prints one JSON line at the end.
-- Every value is of another minute, so that every one is new.
local batch, minute = tonumber(os.getenv("BATCH") or "1"), 0
local path = "/v1/datasets/" .. os.getenv("DATASET") .. "/observations"

function request()
  local items = {}
  for n = 1, batch do
    minute = minute + 1
    items[n] = string.format('{"place":"station:cau_noi","property":"salinity","time":"%s","value":%.2f}',
      os.date("!%Y-%m-%dT%H:%M:00Z", minute * 60), (minute * 7 % 3000) / 100)
  end
  local body = batch == 1 and items[1] or '{"observations":[' .. table.concat(items, ",") .. "]}"
  return wrk.format("POST", path, { ["content-type"] = "application/json", authorization = "Bearer " .. os.getenv("KEY") }, body)
end

function done(summary, latency)
  io.write(string.format('\n{"requests":%d,"seconds":%.3f,"kb":%.1f,"p50":%.3f,"p99":%.3f,"least":%.3f,"max":%.3f,"not_2xx":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes / 1e3, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.min / 1e3, latency.max / 1e3,
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
