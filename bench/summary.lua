-- What wrk found out, in one line of JSON.

function done(summary, latency, requests)
  io.write(string.format(
    '\nSUMMARY {"requests":%d,"microseconds":%d,"failed":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.status,
    latency:percentile(50), latency:percentile(99)))
end
