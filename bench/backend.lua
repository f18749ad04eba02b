-- Unique persons and keys for wrk: one POST /reservations after another, no two alike.
-- arguments: a prefix number that no other process of the run uses, and the round to enter.
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(arguments)
  sent = 0
  prefix = tonumber(arguments[1]) * 16 + number
  round = arguments[2]
end

function request()
  sent = sent + 1
  local person = string.format("p%03d%09d", prefix, sent)
  return wrk.format("POST", "/reservations", {
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = string.format("%032x", prefix * 1000000000 + sent),
  }, '{"person":"' .. person .. '","round":"' .. round .. '","shop":"s00001"}')
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'rushproof {"requests": %d, "seconds": %.6f, "p50": %.6f, "p99": %.6f, "max": %.6f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6, latency.max / 1e6,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
