"""The HTTP proxy that a scenario names: what is said to it, and what it may answer."""

import asyncio
import base64
import socket
from urllib.parse import unquote, urlsplit

from rushproof.errors import TargetError

_MOST = 65_536
"""bytes of a proxy's answer to CONNECT"""


class ProxyError(ConnectionError):
    """The proxy did not let us through."""


class Proxy:
    """Host, port and credentials of `http://user:password@host:port`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise TargetError("target.transport.proxy: expected an HTTP proxy such as http://127.0.0.1:3128")
        self.host, self.port = parts.hostname, parts.port or 80
        self.url = f"http://{parts.netloc.rpartition('@')[2]}"
        """without the credentials"""
        self.authorization = ""
        """the value of Proxy-Authorization, empty where there are no credentials"""
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self.authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"

    @property
    def extra(self) -> bytes:
        """The header line that every request to the proxy itself needs."""
        return f"proxy-authorization: {self.authorization}\r\n".encode() if self.authorization else b""

    def tunnel(self, host: str, port: int) -> bytes:
        """The request for a way through to the target."""
        there = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return f"CONNECT {there} HTTP/1.1\r\nhost: {there}\r\n".encode() + self.extra + b"\r\n"


async def through(wire: socket.socket, tunnel: bytes) -> None:
    """Asks the proxy at the other end of the wire for a way through; ProxyError where it gives none."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(wire, tunnel)
    head = b""
    while b"\r\n\r\n" not in head:
        data = await loop.sock_recv(wire, 4096)
        head += data
        if not data or len(head) > _MOST:
            raise ProxyError("the proxy ended the connection instead of answering CONNECT")
    line, _, _ = head.partition(b"\r\n")
    words = line.decode("latin-1").split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].startswith("2"):
        status = words[1] if words[0].startswith("HTTP/") and words[1:] else ""
        raise ProxyError(proxy_said(int(status) if status.isdecimal() else 0, " ".join(words[2:])))


def proxy_said(status: int, phrase: str) -> str:
    """The sentence about a proxy that gives no way through; 0: what it said is no HTTP."""
    hint = ": give its user and password in target.transport.proxy (${env:…})" if status == 407 else ""
    return f"the proxy answered CONNECT with {f'{status} {phrase[:60]}'.strip() if status else 'no HTTP'}{hint}"
