"""What a power cut leaves, and whether any answer came before the sync that covers it.

On such machines as these a sync flushes nothing, and `kill -9` keeps what the kernel has: only a disk that throws unsynced writes away can
tell a durable server from one that merely says so.  `Disk` is one, as a SQLite VFS.
"""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from fake_backend.database import DatabaseError
from fake_backend.database.sqlite import Sqlite
from tests.fake_backend.disk import VFS, Disk, DiskVfs

databases = ("sqlite",)


@pytest.fixture
def disk() -> Iterator[Disk]:
    watched = Disk()
    vfs = DiskVfs(VFS, watched)
    yield watched
    vfs.unregister()


def _on(file: Path, **planted: str) -> Sqlite:
    return Sqlite(file, lambda path: apsw.Connection(path, vfs=VFS), **planted)


def _persons(folder: Path, file: Path) -> dict[str, int] | None:
    """Whom the ledger holds after the cut, with their numbers; None where it is broken."""
    try:
        database = Sqlite(folder / file.name)
    except DatabaseError:
        return None
    try:
        if list(database._writer.execute("PRAGMA integrity_check")) != [("ok",)]:
            return None
        return {person: sequence for sequence, person, _, _ in database.marks()}
    finally:
        database.close()


async def _unanswered(disk: Disk, serving, database: Sqlite, defect: str | None = None) -> list[str]:
    """Those who had an answer when their key was not on the disk for good yet."""
    early: list[str] = []

    async def ask(guest, number: int) -> None:
        key = f"key-of-{number:04d}-end"
        status, _, _ = await guest.reserve(f"p{number}", key)
        if status == 201 and not disk.holds(key):
            early.append(key)

    async with serving(database) as guest:
        if defect:
            await guest("PUT", f"/switches/{defect}", {"ttl": 60})
        for _ in range(3):
            disk.free.clear()
            asks = [asyncio.create_task(ask(guest, random.randrange(10**4))) for _ in range(8)]
            await asyncio.wait(asks, timeout=0.15)  # long enough for any answer that does not wait for the sync
            disk.free.set()
            await asyncio.gather(*asks)
    return early


def test_no_answer_comes_before_the_sync_that_covers_it(disk, file, serving, run) -> None:
    assert run(_unanswered(disk, serving, _on(file))) == []


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_a_database_that_does_not_sync_its_commits_is_caught_answering_early(disk, file, serving, run, synchronous: str) -> None:
    assert run(_unanswered(disk, serving, _on(file, synchronous=synchronous)))


def test_an_answer_before_the_commit_is_caught(disk, file, serving, run) -> None:
    assert run(_unanswered(disk, serving, _on(file), "acknowledge_before_commit"))


async def _lost(disk: Disk, serving, database: Sqlite, folder: Path, file: Path, cuts: int = 6, defect: str | None = None) -> int:
    """How many acknowledged reservations power cuts at chosen instants lose, all cuts together."""
    chance = random.Random(cuts)
    promised: dict[str, int] = {}
    lost = 0

    async def ask(guest, person: str) -> None:
        status, body, _ = await guest.reserve(person, f"key-{person}")
        assert status == 201
        promised[person] = body["sequence"]

    async with serving(database) as guest:
        if defect:
            await guest("PUT", f"/switches/{defect}", {"ttl": 60})
            disk.free.clear()
        for cut in range(cuts):
            asks = [asyncio.create_task(ask(guest, f"p{cut}-{number}")) for number in range(12)]
            await asyncio.wait(asks, return_when=asyncio.FIRST_COMPLETED)
            had = dict(promised)  # read before the cut: what comes between the two was not promised yet
            after = folder / f"cut-{cut}"
            disk.cut(after, chance.random if cut % 2 else lambda: 1.0)
            kept = _persons(after, file) or {}
            lost += sum(kept.get(person) != sequence for person, sequence in had.items())
            await asyncio.gather(*asks)
        disk.free.set()
    return lost


def test_a_power_cut_at_any_instant_loses_nothing_that_was_answered(disk, file, serving, run, tmp_path) -> None:
    assert run(_lost(disk, serving, _on(file), tmp_path, file)) == 0


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_a_power_cut_finds_out_a_database_that_does_not_sync_its_commits(disk, file, serving, run, tmp_path, synchronous: str) -> None:
    assert run(_lost(disk, serving, _on(file, synchronous=synchronous), tmp_path, file)) > 0


def test_a_power_cut_finds_out_answers_before_the_commit(disk, file, serving, run, tmp_path) -> None:
    assert run(_lost(disk, serving, _on(file), tmp_path, file, 2, "acknowledge_before_commit")) > 0


def test_the_clock_is_durable_before_it_is_answered(disk, file, serving, run, tmp_path) -> None:
    async def scene() -> None:
        async with serving(_on(file)) as guest:
            await guest("PUT", "/clock", {"now": "2022-05-06T07:08:09", "speed": 40})
            disk.cut(tmp_path / "after")
        database = Sqlite(tmp_path / "after" / file.name)
        setting = database.clock()
        database.close()
        assert setting is not None and setting.speed == 40

    run(scene())
