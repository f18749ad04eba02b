"""The reference backend's peer: the same aiohttp router, the same body read and the same answer written, and nothing stored.

What the backend loses against it is the price of looking up, storing and syncing (`python -m bench.forgetful`).
"""

import itertools
import time

import msgspec
import uvloop
from aiohttp import web

from fake_backend.answers import LARGEST_BODY, json_answer
from fake_backend.asked import Reserve
from fake_backend.listening import bound
from fake_backend.listening import serve as listen
from fake_backend.reservations import ReservationShown

_decode = msgspec.json.Decoder(Reserve).decode


async def serve() -> None:
    """Listens on a free loopback port until the process is ended."""
    numbers = itertools.count(1)

    async def reserve(request: web.Request) -> web.StreamResponse:
        command = _decode(await request.read())
        if not request.headers.get("Idempotency-Key"):
            raise web.HTTPBadRequest
        at = time.strftime("%Y-%m-%dT%H:%M:%S.000")
        return json_answer(ReservationShown(next(numbers), command.person, command.round, command.shop, at), 201)

    application = web.Application(client_max_size=LARGEST_BODY)
    application.router.add_post("/reservations", reserve)
    with bound("127.0.0.1", 0) as listening:
        await listen(application, listening, 0.0)


if __name__ == "__main__":
    uvloop.run(serve())
