"""The second client speaks HTTP/2, really, and what a server does to it comes to the same outcomes."""

import asyncio
import json
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded
from hyperframe.frame import GoAwayFrame
from proxying import proxying
from riding import ONE_POST, Ridden, ok, plan, ride, saying, serving

from rushproof.engine.engine import Engine
from rushproof.errors import TargetError
from rushproof.sample import Distribution

AT_ONCE = """
    steps = {"reserve": Step(promises=Promise("reservation", content=("shop",)))}

    async def visit(self, person, target):
        for _ in range(2):
            await target.post("/reservations", {"person": person.id, "round": "r1", "shop": person.shop}, step="reserve", person=person)
"""


class Target:
    """A hypercorn in a child process, and what it saw."""

    def __init__(self, folder: Path, *alpn: str, tls: bool = True) -> None:
        self.ca = folder / "ca.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca)
        certificate = folder / "server.pem"
        authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        script = Path(__file__).with_name("http2_target.py")
        command = [sys.executable, str(script), str(certificate) if tls else "", *alpn]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = f"http{'s' if tls else ''}://localhost:{int(self.process.stdout.readline())}"
        self.transport = {"ca": str(self.ca), "http": "2"}

    def seen(self) -> dict[str, Any]:
        trust = ssl.create_default_context(cafile=str(self.ca))
        with urllib.request.urlopen(f"{self.url}/seen", context=trust, timeout=5) as answer:
            return json.load(answer)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Callable[..., Target]]:
    made: list[Target] = []

    def make(*alpn: str, tls: bool = True) -> Target:
        made.append(Target(tmp_path, *alpn, tls=tls))
        return made[-1]

    yield make
    for one in made:
        one.end()


def ridden(target: Target, locustfile: str, **more: Any) -> Ridden:
    return asyncio.run(ride(plan(target.url, locustfile, transport=target.transport, **more)))


def test_shared_connections_carry_many_requests_at_once_over_http_2(persona, target) -> None:
    server = target("h2", "http/1.1")
    result = ridden(server, persona(ONE_POST), rate=200, seconds=1, connections={"keep": "pool"})
    assert result.outcomes("reserve") == {"ok": 200}
    assert set(result.attempts["sequence"]) == {77}
    assert (result.attempts["sent"] <= result.attempts["done"]).all() and not (result.attempts["sent"] != result.attempts["sent"]).any()
    seen = server.seen()
    assert seen["versions"] == {"2": 200} and seen["ports"] == 1


def test_a_visit_has_a_connection_of_its_own(persona, target) -> None:
    server = target("h2", "http/1.1")
    result = ridden(server, persona(AT_ONCE), rate=60, seconds=0.5, connections={"keep": "visit", "sources": ["127.0.0.9"]})
    assert result.outcomes("reserve") == {"ok": 60}
    seen = server.seen()
    assert seen["versions"] == {"2": 60}
    assert seen["ports"] == 30, "two requests of a visit, one connection"
    assert seen["peers"] == ["127.0.0.9"]


def test_http_2_goes_through_a_tunnel_of_the_proxy(persona, target) -> None:
    server = target("h2", "http/1.1")

    async def go() -> tuple[Ridden, list[str]]:
        async with proxying(user="ada:p") as proxy:
            spec = {**server.transport, "proxy": proxy.url.replace("//", "//ada:p@")}
            return await ride(plan(server.url, persona(ONE_POST), rate=50, seconds=0.4, transport=spec, trace=True)), proxy.lines

    result, lines = asyncio.run(go())
    assert result.outcomes("reserve") == {"ok": 20}
    assert lines == [f"CONNECT localhost:{server.url.rpartition(':')[2]} HTTP/1.1"]
    assert {exchange.protocol for frame in result.frames for exchange in frame.exchanges} == {"HTTP/2 over TLSv1.3"}


def test_http_2_without_tls_is_spoken_from_the_first_byte(persona, target) -> None:
    server = target("h2", tls=False)
    result = ridden(server, persona(ONE_POST), rate=50, seconds=0.4)
    assert result.outcomes("reserve") == {"ok": 20}


def test_a_target_that_speaks_only_http_1_is_not_spoken_to_otherwise(persona, target) -> None:
    server = target("http/1.1")
    result = ridden(server, persona(ONE_POST), rate=50, seconds=0.4)
    assert result.outcomes("reserve") == {"error": 20}, "never silently by HTTP/1.1"
    assert any("does not speak HTTP/2 over TLS (ALPN)" in note for frame in result.frames for note in frame.notes)
    assert server.seen()["versions"] == {}


def test_a_target_without_tls_that_speaks_only_http_1_is_told_so(persona) -> None:
    async def go() -> Ridden:
        async with serving(saying(ok())) as server:
            return await ride(plan(server.url, persona(ONE_POST), rate=50, seconds=0.4, transport={"http": "2"}))

    result = asyncio.run(go())
    assert result.outcomes("reserve") == {"error": 20}
    assert any("does not speak HTTP/2" in note for frame in result.frames for note in frame.notes)


def test_a_timeout_gives_up_the_one_call_and_leaves_the_others(persona, target) -> None:
    server = target("h2", "http/1.1")
    body = """
        steps = {"wait": Step(timeout=0.4), "reserve": Step()}

        async def visit(self, person, target):
            if person.index % 2:
                await target.post("/slow", {"person": person.id}, step="wait")
            else:
                await target.think(person, mean=0.1)
                await target.post("/reservations", {"person": person.id}, step="reserve")
    """
    result = ridden(server, persona(body), rate=100, seconds=0.5)
    doubts, oks = result.outcomes("wait"), result.outcomes("reserve")
    assert set(doubts) == {"doubt"} and set(oks) == {"ok"} and doubts["doubt"] + oks["ok"] == 50
    rows = [frame.cell_rows for frame in result.frames]
    assert sum(int(row["count"][row["distribution"] == Distribution.STRETCH].sum()) for row in rows) == 50


class Leaving(asyncio.Protocol):
    """A server that says GOAWAY with every tenth request, takes nothing later, and answers then what it has taken."""

    connections = taken = 0
    all: ClassVar[list[Any]] = []
    limit = 10

    def __init__(self, *, taking: bool = True) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=False))
        self.streams: list[int] = []
        self.taking = taking

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        type(self).connections += 1
        type(self).all.append(transport)
        self.transport: Any = transport
        self.h2.initiate_connection()
        self.transport.write(self.h2.data_to_send())

    def data_received(self, data: bytes) -> None:
        for event in self.h2.receive_data(data):
            if isinstance(event, StreamEnded) and len(self.streams) < self.limit:
                self.streams.append(event.stream_id)
                if len(self.streams) == self.limit or not self.taking:
                    last = event.stream_id if self.taking else 0
                    self.transport.write(GoAwayFrame(last_stream_id=last).serialize())
                    if self.taking:
                        asyncio.get_running_loop().call_later(0.05, self.answer)
        self.transport.write(self.h2.data_to_send())

    def answer(self) -> None:
        for stream in self.streams:
            type(self).taken += 1
            self.h2.send_headers(stream, [(":status", "201")])
            self.h2.send_data(stream, b'{"sequence": 5}', end_stream=True)
        self.transport.write(self.h2.data_to_send())


@pytest.mark.parametrize("taking", [True, False])
def test_a_server_that_goes_away_answers_what_it_took_and_the_rest_goes_elsewhere(persona, taking: bool) -> None:
    class Server(Leaving):
        connections = taken = 0
        all: ClassVar[list[Any]] = []

    async def go() -> Ridden:
        listener = await asyncio.get_running_loop().create_server(lambda: Server(taking=taking), "127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with listener:
            result = await ride(plan(url, persona(ONE_POST), rate=200, seconds=0.5, transport={"http": "2"}))
            for transport in Server.all:
                transport.abort()
            await asyncio.sleep(0)
            return result

    result = asyncio.run(go())
    if taking:
        assert result.outcomes("reserve") == {"ok": 100}
        assert Server.taken == 100, "each was taken up once"
        assert Server.connections >= 10
    else:
        assert result.outcomes("reserve") == {"error": 100}, "it did not happen, and a server that takes nothing is not asked without end"


def test_a_server_that_dies_leaves_doubt_and_then_errors(persona, target) -> None:
    server = target("h2")
    body = """
        steps = {"die": Step()}

        async def visit(self, person, target):
            await target.post("/die", {"person": person.id}, step="die")
    """
    result = ridden(server, persona(body), rate=50, seconds=0.4)
    outcomes = result.outcomes("die")
    assert outcomes.get("doubt", 0) >= 1 and sum(outcomes.values()) == 20 and set(outcomes) <= {"doubt", "error"}


def test_a_shed_request_is_tried_again_over_http_2(persona, target) -> None:
    server = target("h2", "http/1.1")
    body = """
        steps = {"look": Step(gap=0.1)}

        async def visit(self, person, target):
            await target.get("/shed", step="look")
    """
    result = ridden(server, persona(body), rate=20, seconds=0.5, speed=20.0)
    assert result.outcomes("look")["shed"] > 10


def test_a_missing_client_is_named_with_what_to_install(persona, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rushproof.engine.http2_pool", None)
    with pytest.raises(TargetError, match=r"pip install 'rushproof\[http2\]'"):
        Engine(plan("http://127.0.0.1:1", persona(ONE_POST), transport={"http": "2"}), lambda frame: None)
