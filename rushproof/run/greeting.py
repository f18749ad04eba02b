"""How the target is reached: one connection, one question whether it is ready, and what it shows of itself in them."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from rushproof.engine.address import Address
from rushproof.engine.failure import reason
from rushproof.engine.proxy import through
from rushproof.engine.tls import connected
from rushproof.obstacle import Obstacle
from rushproof.plan import Transport
from rushproof.walk import Greeting

PATIENCE = 5.0
"""wall seconds for the connection, and again for the answer"""
_MOST = 65_536
_NAMES = 3
_DATE = 0.5
"""a Date is cut to whole seconds: on average it is half a second behind, and wrong by as much to either side"""


async def greet(url: str, ready: str, spec: Transport, own_host: str = "", networks: Sequence[str] = ()) -> Greeting | Obstacle:
    """What the target shows, or what stands in the way to it; SafetyError where load may not go there."""
    address = Address(url, msgspec.structs.replace(spec, http="1.1"), own_host, networks)
    try:
        async with asyncio.timeout(PATIENCE):
            wire = await _connected(address)
    except (OSError, TimeoutError) as error:
        return _unreached(address, error)
    try:
        return await asyncio.to_thread(_asked, wire, address, url, ready)
    except (OSError, TimeoutError) as error:
        came = f"no answer in {PATIENCE:g} s" if isinstance(error, TimeoutError) else reason(error)
        return Obstacle(where=f"GET {ready}", came=came, expected="200", advice="look at `target.url`, `target.ready` and the target's log")
    finally:
        wire.close()


async def _connected(address: Address) -> socket.socket:
    wire = socket.socket(address.family, socket.SOCK_STREAM)
    tunnel = address.proxy.tunnel(address.host, address.port) if address.proxy and address.secure else b""
    if address.tls is not None:
        return await connected(wire, address.where, address.tls, address.name, None, tunnel)
    try:
        wire.setblocking(False)
        await asyncio.get_running_loop().sock_connect(wire, address.where)
        if tunnel:
            await through(wire, tunnel)
    except BaseException:
        wire.close()
        raise
    return wire


def _asked(wire: socket.socket, address: Address, url: str, ready: str) -> Greeting:
    """One GET in plain blocking calls: the loop has nothing else to do, and a TLS socket takes no part in it."""
    wire.setblocking(True)
    wire.settimeout(PATIENCE)
    head = f"GET {address.prefix}{ready} HTTP/1.1\r\nhost: {address.authority}\r\nconnection: close\r\n".encode() + address.extra + b"\r\n"
    sent = time.time()
    wire.sendall(head)
    answer = b""
    while b"\r\n\r\n" not in answer and len(answer) < _MOST and time.time() < sent + PATIENCE and (data := wire.recv(4096)):
        answer += data
    if not answer:
        raise ConnectionResetError("the target ended the connection without an answer")
    came = time.time()
    lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    host, port = address.where[:2]
    return Greeting(
        url=url,
        address=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        proxy=address.proxy.url if address.proxy else "",
        answered=" ".join(lines[0].split(" ")[:2])[:40],
        offset=_offset(headers.get("date", ""), (sent + came) / 2),
        resolution=_DATE + (came - sent) / 2,
        **_shown(wire),
    )


def _offset(date: str, middle: float) -> float | None:
    """Seconds that the Date was ahead of our clock, in the middle between question and answer."""
    with contextlib.suppress(ValueError, TypeError):
        return parsedate_to_datetime(date).timestamp() + _DATE - middle
    return None


def _shown(wire: socket.socket) -> Mapping[str, Any]:
    if not isinstance(wire, ssl.SSLSocket):
        return {}
    certificate = wire.getpeercert() or {}  # empty where nobody verifies it
    ends = certificate.get("notAfter")
    days = (ssl.cert_time_to_seconds(str(ends)) - time.time()) / 86400 if ends else None
    return {
        "tls": wire.version() or "",
        "subject": _alternative(certificate.get("subjectAltName")) or _named(certificate.get("subject")),
        "issuer": _named(certificate.get("issuer")),
        "days": days,
    }


def _named(names: Any) -> str:
    """`example.com` of a certificate's way to write a name; the common name where there is one."""
    pairs = dict(pair for group in names or () for pair in group)
    return str(pairs.get("commonName") or ", ".join(str(value) for value in pairs.values()))


def _alternative(names: Any) -> str:
    """The names that a handshake looks for; of many only the first."""
    values = [str(value) for _, value in names or ()]
    return ", ".join([*values[:_NAMES], f"{len(values) - _NAMES} more"] if len(values) > _NAMES else values)


def _unreached(address: Address, error: Exception) -> Obstacle:
    """Why there is no connection, with the setting that it may be."""
    tls = isinstance(error, ssl.SSLError)
    if isinstance(error, ssl.SSLCertVerificationError):
        expected, advice = "a certificate that somebody we trust vouches for", "give your authority's PEM file as `target.transport.ca`"
        if error.verify_code in (62, 64):
            expected, advice = f"a certificate for {address.name}", "give the name that is in it as `target.transport.sni`"
        elif error.verify_code == 10:
            expected, advice = "a certificate that has not ended", "have the target's certificate renewed"
    elif tls:
        expected, advice = "a TLS handshake", "look at the port, and at `target.transport.certificate` if the target asks for one"
    else:
        expected, advice = "a connection", "look at `target.url`, `target.transport.resolve` and `target.transport.proxy`"
    return Obstacle(where=f"the way to {address.told}", came=reason(error), expected=expected, advice=advice)
