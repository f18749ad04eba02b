"""A small shop of somebody else's over HTTPS, scripted: business answers inside HTTP 200, tokens, an order's id under `data`."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import trustme


class Shop(msgspec.Struct):
    """What the shop answers to an order, and its book of orders as CSV."""

    port: int = 0
    answer: Any = msgspec.field(default_factory=lambda: {"code": 0, "data": {"id": "o-17"}})
    silent: bool = False
    status: int = 200
    book: str = "id,user,item,at\no-17,{user},lamp,{at}\n"
    asked: list[str] = msgspec.field(default_factory=list)
    """the Authorization of each order"""
    user: str = ""
    at: str = ""

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    """The shop on a free port; `ca.pem` in the folder vouches for it, `other.pem` for somebody else."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().cert_pem.write_to_path(folder / "other.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    shop, ending = Shop(), threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop, ending))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    shop.port = server.server_address[1]
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    serving.start()
    try:
        yield shop
    finally:
        ending.set()
        server.shutdown()
        server.server_close()
        serving.join(10)


def _handler(shop: Shop, ending: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_GET(self) -> None:
            if self.path.startswith("/book.csv"):
                self._say(200, shop.book.format(user=shop.user, at=shop.at).encode(), "text/csv")
            else:
                self._say(200, b"{}")

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            shop.asked.append(self.headers.get("authorization", ""))
            shop.user, shop.at = body.get("user", ""), f"{__import__('time').time():.3f}"
            if shop.silent:
                ending.wait(20)
                return
            self._say(shop.status, json.dumps(shop.answer).encode())

        def _say(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *values: Any) -> None:
            pass

    return Handler
