"""A target that can be stalled: `storm_server.py PORT RATE storm|honest`.  One request after the other, RATE a second.

`PUT /faults/stall {"ttl": s}` holds everything up.  The honest one is slow for some seconds after that, but asks those to come later who
would wait too long.  The other lets them queue, and works on what nobody waits for any more while those who gave up come again: it never
gets out of that by itself.
"""

import asyncio
import json
import sys
import time
from collections import deque

port, rate, storm = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3] == "storm"
LONGEST = 1.0 if storm else 0.1
DELAY = 0.15
"""what an answer takes beside the queue, so that a busy machine's few milliseconds are no other target"""
waiting: deque = deque()
COLD, COLD_FOR = (1.0, 0.0) if storm else (0.4, 3.5)
"""the share of its rate that it serves for some seconds after a stall"""
state = {"stalled": 0.0}
HEAD = "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}"


def said(status: str, body: str = "{}", more: str = "") -> bytes:
    return HEAD.format(status, len(body), more, body).encode()


class Answers(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.rest = transport, b""

    def data_received(self, data):
        self.rest += data
        while b"\r\n\r\n" in self.rest:
            head, _, rest = self.rest.partition(b"\r\n\r\n")
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
            if len(rest) < length:
                return
            body, self.rest = rest[:length], rest[length:]
            self.take(head, body)

    def take(self, head, body):
        if head.startswith(b"GET /health"):
            self.say(said("200 OK"))
        elif head.startswith((b"PUT /faults/stall", b"DELETE /faults/stall")):
            ttl = json.loads(body)["ttl"] if head.startswith(b"PUT") else 0.0
            if ttl or state["stalled"] > time.monotonic():
                state["stalled"] = time.monotonic() + ttl
            self.say(said("200 OK", json.dumps({"active": ttl > 0})))
        elif len(waiting) >= LONGEST * rate:
            self.say(said("429 Too Many Requests", more="Retry-After: 1\r\n") if not storm else said("500 Internal Server Error"))
        else:
            waiting.append(self)

    def say(self, answer):
        if not self.transport.is_closing():
            self.transport.write(answer)


async def work():
    """Serves in batches of a few milliseconds, so that a late turn makes nobody slower in the mean."""
    loop = asyncio.get_running_loop()
    last = time.monotonic()
    credit = 0.0
    while True:
        await asyncio.sleep(0.005)
        now = time.monotonic()
        fast = rate * COLD if 0 < now - state["stalled"] < COLD_FOR else rate
        credit = min(credit + (now - last) * fast, fast * 0.05) if state["stalled"] <= now else 0.0
        last = now
        while waiting and credit >= 1.0:
            credit -= 1.0
            loop.call_later(DELAY, waiting.popleft().say, said("200 OK"))


async def main():
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", port)
    await asyncio.gather(server.serve_forever(), work())


asyncio.run(main())
