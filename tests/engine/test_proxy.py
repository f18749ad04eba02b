"""Through an HTTP proxy to the target, and to nothing else."""

import asyncio
import ssl
from typing import Any

import pytest
from proxying import Proxy, proxying
from riding import ONE_POST, Ridden, Server, ok, plan, ride, saying, serving
from ways import Authority, notes

from rushproof.engine.address import Address
from rushproof.errors import SafetyError
from rushproof.plan import Transport


def through(locustfile: str, tls: ssl.SSLContext | None, transport: dict[str, Any], login: str = "", **proxy: str) -> tuple[Any, ...]:
    async def go() -> tuple[Ridden, Server, Proxy]:
        connections = {"keep": "visit", "sources": ["127.0.0.21", "127.0.0.22"]}
        async with proxying(**proxy) as between, serving(saying(ok()), tls=tls) as server:
            url = between.url.replace("//", f"//{login}@") if login else between.url
            made = plan(
                server.url + "/api", locustfile, rate=50, seconds=0.2, transport={**transport, "proxy": url}, connections=connections
            )
            return await ride(made), server, between

    return asyncio.run(go())


def test_tls_goes_through_a_tunnel_of_the_proxy(persona, authority: Authority) -> None:
    result, server, proxy = through(persona(ONE_POST), authority.server("localhost"), {"ca": authority.pem})
    assert result.outcomes("reserve") == {"ok": 10}
    assert all(line.startswith("CONNECT localhost:") for line in proxy.lines) and len(proxy.lines) == 10
    assert proxy.peers == {"127.0.0.21", "127.0.0.22"}
    assert server.requests[0].line == "POST /api/reservations HTTP/1.1"


def test_plain_requests_are_told_to_the_proxy_in_full(persona) -> None:
    result, server, proxy = through(persona(ONE_POST), None, {})
    assert result.outcomes("reserve") == {"ok": 10}
    assert proxy.lines[0] == f"POST {server.url}/api/reservations HTTP/1.1"
    assert proxy.peers == {"127.0.0.21", "127.0.0.22"}


@pytest.mark.parametrize("tls", [True, False])
def test_the_proxy_is_told_who_asks(persona, authority: Authority, tls: bool) -> None:
    context = authority.server("localhost") if tls else None
    result, server, _ = through(persona(ONE_POST), context, {"ca": authority.pem}, login="ada:p%40ss", user="ada:p@ss")
    assert result.outcomes("reserve") == {"ok": 10}
    assert all("proxy-authorization" not in request.headers for request in server.requests)


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ({"user": "ada:secret"}, "407 Proxy Authentication Required: give its user and password in target.transport.proxy"),
        ({"refusal": "403 Forbidden"}, "the proxy answered CONNECT with 403 Forbidden"),
    ],
)
def test_a_proxy_that_lets_nobody_through_is_named(persona, authority: Authority, proxy: dict[str, str], words: str) -> None:
    result, _, _ = through(persona(ONE_POST), authority.server("localhost"), {"ca": authority.pem}, **proxy)
    assert result.outcomes("reserve") == {"error": 10}, "nothing was sent, so nothing happened"
    assert words in notes(result) and "through the proxy 127.0.0.1" in notes(result)


@pytest.mark.parametrize(
    ("url", "proxy", "own", "networks", "words"),
    [
        ("http://127.0.0.1:9", "http://192.0.2.9:3128", "", (), "the proxy 192.0.2.9 is not this machine"),
        ("http://shop.test", "http://127.0.0.1:3128", "", (), "a proxy would resolve this name again"),
        ("http://192.0.2.1", "http://127.0.0.1:3128", "", (), "not this machine"),
        ("http://shop.test", "http://192.0.2.9:3128", "shop.test", (), "the proxy 192.0.2.9 is not this machine"),
        ("http://192.0.2.1", "http://127.0.0.1:3128", "192.0.2.1", ("10.0.0.0/8",), "outside of what targets.yaml allows"),
        ("http://localhost", "http://10.0.0.9:3128", "", ("10.0.0.0/8",), "would take its own machine for this one"),
    ],
)
def test_a_proxy_leads_nowhere_that_load_may_not_go(url: str, proxy: str, own: str, networks: tuple[str, ...], words: str) -> None:
    with pytest.raises(SafetyError, match=words):
        Address(url, Transport(proxy=proxy), own, networks)
