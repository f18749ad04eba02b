"""Where the target is: resolved once, checked, and connected to."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from rushproof.engine.connection import Connection
from rushproof.engine.tls import TlsTransport, connected
from rushproof.errors import SafetyError, TargetError
from rushproof.plan import Transport


class Address:
    """Host, port and TLS of a URL; `connect` opens one connection to it.

    The name is resolved when this is made, and never again: what was checked is what is connected to.
    """

    def __init__(self, url: str, spec: Transport, own_host: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise TargetError(f"{url}: expected a URL such as http://127.0.0.1:8080")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.prefix = parts.path.rstrip("/")
        self.authority = parts.netloc.rpartition("@")[2]
        self.family, self._ip = _resolved(self.host, self.port)
        if not ipaddress.ip_address(self._ip).is_loopback and self.host != own_host:
            raise SafetyError(
                f"{self.host} is {self._ip}, not this machine: load goes to loopback unless the host is named as your own "
                f"(--own-host {self.host})"
            )
        self._tls = _context(spec) if parts.scheme == "https" else None

    async def connect(self, protocol: Callable[[], Connection], source: str | None) -> Connection:
        """One open connection, from the local address `source`; OSError, SSLError or TimeoutError where there is none to be had."""
        loop = asyncio.get_running_loop()
        if self._tls is None:
            _, connection = await loop.create_connection(protocol, self._ip, self.port, local_addr=(source, 0) if source else None)
            return connection
        wire = socket.socket(self.family, socket.SOCK_STREAM)
        secure = await connected(wire, (self._ip, self.port), self._tls, self.host, source)
        connection = protocol()
        TlsTransport(loop, secure, connection)
        return connection


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise TargetError(f"{host}: the name does not resolve ({error.strerror})") from error
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return socket.AddressFamily(family), str(address[0])


def _context(spec: Transport) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not spec.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif system := ssl.get_default_verify_paths().cafile:
        context.load_verify_locations(system)  # read once; the system's directory would be searched again at every handshake
    else:
        context.load_default_certs()
    if spec.ca:
        try:
            context.load_verify_locations(spec.ca)
        except (OSError, ssl.SSLError) as error:
            raise TargetError(f"{spec.ca}: expected a PEM file of certificates to trust: {error}") from error
    return context
