-- wrk script: asks for the paths of the file named by $PATHS in turn, and prints one JSON line at the end.
local paths, turn = {}, 0

function init()
  for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
end

function request()
  turn = turn % #paths + 1
  return wrk.format("GET", paths[turn])
end

function done(summary, latency)
  io.write(string.format('\n{"requests":%d,"seconds":%.3f,"kb":%.1f,"p50":%.3f,"p99":%.3f,"least":%.3f,"max":%.3f,"not_2xx":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes / 1e3, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.min / 1e3, latency.max / 1e3,
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
