"""A target that is a queue: `queue_server.py PORT SERVERS MEAN SEED`.  Any request but /health waits for a server, for an exponential time.
When each will be free is computed, so that a timer that is late makes one answer late and no queue longer.
"""

import asyncio
import random
import sys
from heapq import heapreplace

port, servers, mean, seed = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
dice, free = random.Random(seed), [0.0] * servers
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Answers(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.rest = transport, b""

    def data_received(self, data):
        *heads, self.rest = (self.rest + data).split(b"\r\n\r\n")
        for head in heads:
            if head.startswith(b"GET /health"):
                self.answer()
                continue
            ends = max(free[0], loop.time()) + dice.expovariate(1 / mean)
            heapreplace(free, ends)
            loop.call_at(ends, self.answer)

    def answer(self):
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


loop = asyncio.new_event_loop()
loop.run_until_complete(loop.create_server(Answers, "127.0.0.1", port))
loop.run_forever()
