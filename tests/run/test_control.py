"""The calls beside the load go where the load goes, by the same way, and nowhere else."""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web

from rushproof.errors import SafetyError, TargetError
from rushproof.plan import Transport
from rushproof.run.control import control_session, reading_session
from rushproof.run.target import Target
from rushproof.scenario import TargetSpec


class Site:
    """A target on loopback: `/health` answers, `/away` redirects; through it as a proxy goes whatever it is told in full."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls, self.asked, self.headers = tls, [], []  # type: ignore[var-annotated]
        self.shown: list[Any] = []

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(request.raw_path)
        self.headers.append(request.headers)
        wire = request.transport
        self.shown.append(wire.get_extra_info("peercert") if wire is not None else None)
        if request.path == "/away":
            return web.Response(status=302, headers={"Location": "http://192.0.2.1/"})
        return web.Response(text="well")

    async def __aenter__(self) -> "Site":
        self._runner = web.ServerRunner(web.Server(self.answer))
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http{'s' if self.tls else ''}://{host}:{self.port}"


async def got(http: aiohttp.ClientSession, url: str) -> int:
    async with asyncio.timeout(60), http.get(url, allow_redirects=False) as answer:
        return answer.status


def test_the_target_is_reached_and_no_other_host_nor_address() -> None:
    async def go() -> None:
        async with Site() as site, Site() as other, control_session(site.url(), Transport()) as http:
            assert await got(http, f"{site.url()}/health") == 200
            for astray in ("http://192.0.2.1/", "http://shop.test/", other.url("localhost"), other.url("127.0.0.2")):
                with pytest.raises(SafetyError, match="go to the target's own host and address only"):
                    await got(http, astray)
            assert other.asked == []

    asyncio.run(go())


def test_a_redirect_to_another_host_is_refused_even_where_it_is_followed() -> None:
    async def go() -> None:
        async with Site() as site, control_session(site.url(), Transport()) as http:
            assert await got(http, f"{site.url()}/away") == 302
            with pytest.raises(SafetyError, match=r"192\.0\.2\.1"):
                await http.get(f"{site.url()}/away")

    asyncio.run(go())


def test_a_name_that_leads_elsewhere_after_the_check_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def turning(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host != "turning.test":
            return real(host, port, *rest, **more)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "192.0.2.1", port))]

    async def go() -> None:
        async with Site() as site:
            monkeypatch.setattr(socket, "getaddrinfo", turning)
            async with control_session(site.url("turning.test"), Transport()) as http:
                for _ in range(3):
                    assert await got(http, f"{site.url('turning.test')}/health") == 200
            assert asked == ["turning.test"]
            with pytest.raises(SafetyError, match=r"turning\.test resolves to 192\.0\.2\.1, which is not this machine"):
                control_session(site.url("turning.test"), Transport())

    asyncio.run(go())


def test_a_host_that_is_not_ones_own_gets_no_session() -> None:
    async def go() -> None:
        with pytest.raises(SafetyError, match="not this machine"):
            control_session("http://192.0.2.1", Transport())
        with pytest.raises(SafetyError, match=r"outside of what targets\.yaml allows"):
            control_session("http://192.0.2.1", Transport(), "192.0.2.1", ("198.51.100.0/24",))
        with pytest.raises(SafetyError, match="not this machine"):
            control_session("http://shop.test", Transport(resolve="192.0.2.1"))

    asyncio.run(go())


def test_it_trusts_shows_and_names_what_the_load_does(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    mine = authority.issue_cert(common_name="tester")
    mine.private_key_and_cert_chain_pem.write_to_path(tmp_path / "mine.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    told: list[str] = []
    context.sni_callback = lambda wire, name, itself: told.append(name)
    spec = Transport(ca=str(tmp_path / "ca.pem"), certificate=str(tmp_path / "mine.pem"), sni="shop.example", resolve="127.0.0.1", http="2")

    async def go() -> None:
        async with Site(context) as site, control_session(site.url("shop.invalid"), spec) as http:
            assert await got(http, f"{site.url('shop.invalid')}/health") == 200
            assert set(told) == {"shop.example"}
            assert dict(pair for one in site.shown[0]["subject"] for pair in one)["commonName"] == "tester"
            assert site.headers[0]["host"] == f"shop.invalid:{site.port}"

    asyncio.run(go())


def test_an_authority_that_is_not_known_is_told_in_the_words_of_the_load() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    async def go() -> None:
        async with Site(context) as site, control_session(site.url("localhost"), Transport()) as http:
            with pytest.raises(TargetError, match=r"unable to get local issuer certificate \(give target\.transport\.ca\), expected 200"):
                await Target(site.url("localhost"), TargetSpec(url="")).ready(http)

    asyncio.run(go())


def test_it_goes_through_the_proxy_of_the_scenario_and_of_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.9:3128")

    async def go() -> None:
        async with Site() as site, Site() as proxy:
            async with control_session(site.url(), Transport()) as http:
                assert await got(http, f"{site.url()}/health") == 200
            known = Transport(proxy=proxy.url().replace("//", "//ada:secret@"))
            async with control_session(site.url(), known) as http:
                assert await got(http, f"{site.url()}/health?a=1") == 200
            assert site.asked == ["/health"]
            assert proxy.asked == [f"{site.url()}/health?a=1"]
            assert proxy.headers[0]["proxy-authorization"] == "Basic YWRhOnNlY3JldA=="

    asyncio.run(go())


def test_a_proxy_that_lets_nobody_through_is_told() -> None:
    heads: list[str] = []

    async def go() -> None:
        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            writer.close()

        listener = await asyncio.start_server(refuse, "127.0.0.1", 0)
        proxy = f"http://ada:secret@127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with listener, control_session("https://127.0.0.1:9", Transport(proxy=proxy)) as http:
            with pytest.raises(TargetError, match=r"the proxy answered CONNECT with 407 .*give its user and password"):
                await Target("https://127.0.0.1:9", TargetSpec(url="")).ready(http)

    asyncio.run(go())
    assert heads[0].startswith("CONNECT 127.0.0.1:9 ") and "Proxy-Authorization: Basic YWRhOnNlY3JldA==" in heads[0]


def test_what_is_only_read_may_be_anywhere() -> None:
    async def go() -> None:
        async with Site() as site, reading_session(Transport(proxy="http://192.0.2.9:3128")) as http:
            assert await got(http, f"{site.url('localhost')}/api/v1/query") == 200

    asyncio.run(go())
