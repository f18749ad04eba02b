"""Where the target is: resolved once, checked, and connected to."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from rushproof.engine.proxy import Proxy
from rushproof.engine.tls import TlsTransport, connected
from rushproof.engine.trust import context
from rushproof.errors import SafetyError, TargetError
from rushproof.plan import Transport
from rushproof.reach import allowed, loopback, proxy_allowed

Spoken = TypeVar("Spoken", bound=asyncio.Protocol)


class Address:
    """Host, port and TLS of a URL, and the way there; `connect` opens one connection to it.

    The name is resolved when this is made, and never again: what was checked is what is connected to.  SafetyError where load may not go
    there: `own_host` and `networks` are what was named in targets.yaml and on the command line.
    """

    def __init__(self, url: str, spec: Transport, own_host: str = "", networks: Sequence[str] = ()) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise TargetError(f"{url}: expected a URL such as http://127.0.0.1:8080")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.authority = parts.netloc.rpartition("@")[2]
        self.prefix = parts.path.rstrip("/")
        """what stands before a path in a request's first line"""
        self.extra = b""
        """header lines that every request needs for the way there"""
        self.secure = parts.scheme == "https"
        self.name = spec.sni or self.host
        """what is told in the TLS handshake, and looked for in the certificate"""
        self.proxy = None if spec.proxy is None else Proxy(spec.proxy)
        self._tunnel = b""
        if self.proxy is None:
            self.family, self.ip = _resolved(self.host, self.port) if spec.resolve is None else _given(spec.resolve)
            allowed(self.host, self.ip, own_host, networks)
            self.where = (self.ip, self.port)
        else:
            self._behind(self.proxy, own_host, networks)
        self._http2 = spec.http == "2"
        self.tls = context(spec) if self.secure else None
        if self.tls is not None and self._http2:
            self.tls.set_alpn_protocols(["h2"])

    def _behind(self, proxy: Proxy, own_host: str, networks: Sequence[str]) -> None:
        """The way through a proxy: it resolves the target's name, so that only a name that cannot lead astray, or is one's own, is told."""
        self.family, self.ip = _resolved(proxy.host, proxy.port)
        proxy_allowed(proxy.host, self.ip, networks)
        self.where = (self.ip, proxy.port)
        if self.host.casefold() != own_host.casefold() and not (self.host == "localhost" or _is_address(self.host)):
            raise SafetyError(
                f"{self.host}: a proxy would resolve this name again, to wherever; say localhost or 127.0.0.1 for this machine"
            )
        if networks or self.host.casefold() != own_host.casefold():
            _, ip = _resolved(self.host, self.port)
            allowed(self.host, ip, own_host, networks)
            if loopback(ip) and not loopback(self.ip):
                raise SafetyError(f"{self.host}: the proxy {proxy.host} would take its own machine for this one")
        if self.secure:
            self._tunnel = proxy.tunnel(self.host, self.port)
        else:
            self.prefix = f"http://{self.authority}{self.prefix}"
            self.extra = proxy.extra

    @property
    def told(self) -> str:
        """Host and port for messages, and through which proxy."""
        return f"{self.host}:{self.port}" + (f" through the proxy {self.proxy.host}:{self.proxy.port}" if self.proxy else "")

    async def connect(self, protocol: Callable[[], Spoken], source: str | None) -> Spoken:
        """One open connection, from the local address `source`; OSError, SSLError or TimeoutError where there is none to be had."""
        loop = asyncio.get_running_loop()
        if self.tls is None:
            _, connection = await loop.create_connection(protocol, *self.where, local_addr=(source, 0) if source else None)
            return connection
        wire = socket.socket(self.family, socket.SOCK_STREAM)
        secure = await connected(wire, self.where, self.tls, self.name, source, self._tunnel)
        if self._http2 and secure.selected_alpn_protocol() != "h2":
            secure.close()
            raise NoHttp2("the target does not speak HTTP/2 over TLS (ALPN): take `http: 2` out of target.transport")
        connection = protocol()
        TlsTransport(loop, secure, connection)
        return connection


class NoHttp2(ConnectionError):
    """The other end speaks HTTP/1.1 only, and HTTP/2 was asked for."""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _given(ip: str) -> tuple[socket.AddressFamily, str]:
    try:
        version = ipaddress.ip_address(ip).version
    except ValueError:
        raise TargetError(f"target.transport.resolve: expected an IP address, found {ip!r}") from None
    return (socket.AF_INET if version == 4 else socket.AF_INET6), ip


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise TargetError(f"{host}: the name does not resolve ({error.strerror})") from error
    except UnicodeError:
        raise TargetError(f"{host}: no name that could be resolved") from None
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return socket.AddressFamily(family), str(address[0])
