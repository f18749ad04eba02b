"""The yardstick of the databases: the same handler as a first draft would have it, one transaction a request (`python -m bench.naive DSN`).

The same aiohttp router, body and answer; a pool of connections; each request looks up its key and its person, takes the next number,
inserts its row under the same two unique indexes, and is answered when its own commit is durable.  With `gaps` its numbers come from a
sequence of the database's, which nobody waits for and which leaves numbers out: less than the ledger promises.
"""

import asyncio
import sys
import time
from typing import Any, Final

import msgspec
import psycopg
import uvloop
from aiohttp import web

from fake_backend.answers import LARGEST_BODY, json_answer
from fake_backend.asked import Reserve
from fake_backend.listening import bound
from fake_backend.listening import serve as listen
from fake_backend.reservations import ReservationShown

CONNECTIONS: Final = 32
_SCHEMA: Final = (
    "CREATE SEQUENCE IF NOT EXISTS numbers",
    "CREATE TABLE IF NOT EXISTS last_number AS SELECT CAST(0 AS BIGINT) AS number",
    """CREATE TABLE IF NOT EXISTS naive (
  sequence BIGINT PRIMARY KEY, person TEXT NOT NULL, round TEXT NOT NULL, shop TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
  at DOUBLE PRECISION NOT NULL, UNIQUE (person, round))""",
)
_NEXT: Final = "UPDATE last_number SET number = number + 1 RETURNING number"
_NEXT_WITH_GAPS: Final = "SELECT nextval('numbers')"
_FOUND: Final = "SELECT sequence FROM naive WHERE key = %s OR (person = %s AND round = %s)"
_STORED: Final = "INSERT INTO naive (sequence, person, round, shop, key, at) VALUES (%s, %s, %s, %s, %s, %s)"
_decode = msgspec.json.Decoder(Reserve).decode


async def serve(dsn: str, gaps: bool) -> None:
    """Listens on a free loopback port until the process is ended."""
    free: asyncio.LifoQueue[psycopg.AsyncConnection[Any]] = asyncio.LifoQueue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await psycopg.AsyncConnection.connect(dsn))
    connection = await free.get()
    for statement in _SCHEMA:
        await connection.execute(statement)
    await connection.commit()
    free.put_nowait(connection)

    async def reserve(request: web.Request) -> web.StreamResponse:
        command = _decode(await request.read())
        key = request.headers["Idempotency-Key"]
        connection = await free.get()
        try:
            async with connection.transaction():
                found = await (await connection.execute(_FOUND, (key, command.person, command.round))).fetchone()
                if found is not None:
                    return web.Response(status=409)
                ((number,),) = await (await connection.execute(_NEXT_WITH_GAPS if gaps else _NEXT)).fetchall()
                values = (number, command.person, command.round, command.shop, key, time.time())
                await connection.execute(_STORED, values)
        finally:
            free.put_nowait(connection)
        at = time.strftime("%Y-%m-%dT%H:%M:%S.000")
        return json_answer(ReservationShown(number, command.person, command.round, command.shop, at), 201)

    async def clock(request: web.Request) -> web.StreamResponse:
        return web.Response()

    application = web.Application(client_max_size=LARGEST_BODY)
    application.router.add_post("/reservations", reserve)
    application.router.add_put("/clock", clock)
    with bound("127.0.0.1", 0) as listening:
        await listen(application, listening, 0.0)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2:] == ["gaps"]))
