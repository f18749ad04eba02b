-- The one POST that all generators send; wrk sends the same bytes again and again, which makes it the bare limit of a core.
wrk.method = "POST"
wrk.body = os.getenv("BODY")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Idempotency-Key"] = "k0123456789abcdef"
if os.getenv("CLOSE") then
   wrk.headers["Connection"] = "close"
end
local pause = tonumber(os.getenv("PAUSE") or "0")
if pause > 0 then
   function delay() return pause end
end
