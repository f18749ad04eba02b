"""A target that speaks HTTP/2, in a process of its own: `python http2_target.py CERTIFICATE ALPN…`; it prints its port.

`/reservations` promises, `/slow` never answers, `/die` ends the process; `/seen` (and `/health`) tells what came: HTTP versions and client
ports.
"""

import asyncio
import json
import os
import socket
import sys
from collections import Counter
from typing import Any

import hypercorn.asyncio
from hypercorn.config import Config

versions: Counter[str] = Counter()
ports: set[int] = set()
peers: set[str] = set()


async def answer(send: Any, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json"), (b"x-half", b"1")]})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await send({"type": "http.response.body", "body": body[len(body) // 2 :]})


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            await send({"type": event["type"] + ".complete"})
            if event["type"] == "lifespan.shutdown":
                return
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    if scope["path"] in ("/seen", "/health"):
        await answer(send, 200, json.dumps({"versions": versions, "ports": len(ports), "peers": sorted(peers)}).encode())
        return
    versions[scope["http_version"]] += 1
    ports.add(scope["client"][1])
    peers.add(scope["client"][0])
    if scope["path"] == "/slow":
        await asyncio.sleep(60)
    elif scope["path"] == "/die":
        os._exit(0)
    elif scope["path"] == "/shed":
        await answer(send, 429, b"{}")
    else:
        assert json.loads(body)["person"]
        await answer(send, 201, b'{"sequence": 77}')


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "CRITICAL"
    config.keep_alive_timeout = 60
    config.keep_alive_max_requests = 1_000_000  # at its end hypercorn forgets those that it is about to answer
    if sys.argv[1]:
        config.certfile = config.keyfile = sys.argv[1]
    config.alpn_protocols = sys.argv[2:]
    print(listener.getsockname()[1], flush=True)
    asyncio.run(hypercorn.asyncio.serve(app, config, shutdown_trigger=asyncio.Event().wait))


if __name__ == "__main__":
    main()
