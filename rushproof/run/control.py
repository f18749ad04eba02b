"""Calls to the target beside the load: ready, clock, ledgers.  They go where the load goes, by the same way, and nowhere else."""

import socket
import ssl
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from rushproof.engine.address import Address
from rushproof.engine.failure import reason
from rushproof.engine.proxy import proxy_said
from rushproof.engine.trust import context
from rushproof.errors import SafetyError
from rushproof.plan import Transport


def control_session(url: str, transport: Transport, own_host: str = "", networks: Sequence[str] = ()) -> aiohttp.ClientSession:
    """A session that reaches the host of `url` only, at the address it has now.

    It trusts what the load trusts, shows the same certificate, goes through the same proxy and takes none from the environment.
    SafetyError where load may not go there, and later for a request to any other host; follow no redirects (`allow_redirects=False`).
    """
    address = Address(url, msgspec.structs.replace(transport, http="1.1"), own_host, networks)
    pinned = _Pinned(address)
    connector = aiohttp.TCPConnector(
        ssl=True if address.tls is None else address.tls, resolver=pinned, socket_factory=pinned.socket, use_dns_cache=False
    )
    return aiohttp.ClientSession(
        connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), middlewares=(_Way(address, transport.sni),)
    )


def reading_session(transport: Transport) -> aiohttp.ClientSession:
    """A session for what is only read beside the target, such as its Prometheus, wherever it is; it trusts what the load trusts."""
    only = Transport(ca=transport.ca, verify=transport.verify)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context(only)), trust_env=False, cookie_jar=aiohttp.DummyCookieJar())


async def whole(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """The body of an answer; ValueError where it is longer than `most` bytes."""
    body = b""
    async for part in answer.content.iter_any():
        body += part
        if len(body) > most:
            raise ValueError(f"its answer is longer than {most:,} bytes")
    return body


def said(problem: Exception) -> str:
    """Why a call beside the load had no answer, in the words that the load has for it."""
    inner = getattr(problem, "certificate_error", None) or getattr(problem, "os_error", None)
    if isinstance(problem, aiohttp.ClientHttpProxyError):
        return proxy_said(problem.status, problem.message)
    if isinstance(problem, aiohttp.ClientProxyConnectionError):
        return f"the proxy {problem.host}:{problem.port}: {reason(problem.os_error)}"
    if inner is None:
        return str(problem) or type(problem).__name__
    return reason(inner) if inner.errno or isinstance(inner, ssl.SSLError) else str(problem)


class _Way:
    """Puts the proxy, its credentials and the name of the TLS handshake into a request."""

    def __init__(self, address: Address, sni: str | None) -> None:
        self._sni, self._proxy, self._host = sni, address.proxy, address.host

    async def __call__(self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        if request.url.host != self._host:
            raise _astray(str(request.url.host))
        if self._sni is not None:
            request.server_hostname = self._sni
        if self._proxy is not None:
            who = {"Proxy-Authorization": self._proxy.authorization} if self._proxy.authorization else {}
            if not request.is_ssl():  # told to the proxy itself; otherwise only the way through is asked of it
                request.headers.update(who)
            request.update_proxy(URL(self._proxy.url), None, who)
        return await handler(request)


class _Pinned(AbstractResolver):
    """Knows one host, at the address that was checked; and opens sockets to nothing else."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._host = address.host if address.proxy is None else address.proxy.host

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        if host != self._host:
            raise _astray(host)
        ip, its = self._address.ip, self._address.family
        return [ResolveResult(hostname=host, host=ip, port=port, family=its, proto=socket.IPPROTO_TCP, flags=socket.AI_NUMERICHOST)]

    async def close(self) -> None:
        """Nothing is held."""

    def socket(self, info: Any) -> socket.socket:
        """A socket for one of aiohttp's address tuples; SafetyError where it is not the one that was checked."""
        family, kind, protocol, _, where = info
        if where[0].split("%")[0] != self._address.ip.split("%")[0]:  # what is written as an IP address is never resolved
            raise _astray(where[0])
        return socket.socket(family, kind, protocol)


def _astray(host: str) -> SafetyError:
    return SafetyError(f"{host}: calls beside the load go to the target's own host and address only, and this is another")
