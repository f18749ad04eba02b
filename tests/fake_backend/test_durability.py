"""What a power cut leaves, and whether any answer came before the sync that covers it.

On such machines as these a sync flushes nothing, and `kill -9` keeps what the kernel has: only a disk that throws unsynced writes away can
tell a durable server from one that merely says so.  `Disk` is one, as a SQLite VFS.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from fake_backend.database import DatabaseError
from fake_backend.database.sqlite import Sqlite

databases = ("sqlite",)

VFS = "disk-that-loses-power"


class Disk:
    """Remembers, for every file, what was synced and what was only written."""

    def __init__(self) -> None:
        self.synced: dict[str, bytearray] = {}
        self.written: dict[str, list[tuple[int, bytes | None]]] = {}
        self.free = threading.Event()
        """Syncs wait while this is not set."""
        self.free.set()
        self.lock = threading.Lock()

    def write(self, path: str, offset: int, content: bytes | None) -> None:
        with self.lock:
            self.written.setdefault(path, []).append((offset, content))

    def sync(self, path: str) -> None:
        self.free.wait(10)
        with self.lock:
            for offset, content in self.written.pop(path, []):
                _apply(self.synced.setdefault(path, bytearray()), offset, content)

    def holds(self, text: str) -> bool:
        """Whether the text is on the disk for good."""
        with self.lock:
            return any(text.encode() in content for content in self.synced.values())

    def cut(self, folder: Path, chance: Callable[[], float] = lambda: 1.0) -> None:
        """The power goes: files as they are found afterwards; a write that was not synced survives where chance is below ½."""
        folder.mkdir()
        with self.lock:
            for path in {*self.synced, *self.written}:
                content = bytearray(self.synced.get(path, b""))
                for offset, piece in self.written.get(path, []):
                    if chance() < 0.5:
                        _apply(content, offset, piece)
                (folder / Path(path).name).write_bytes(content)


def _apply(content: bytearray, offset: int, piece: bytes | None) -> None:
    if piece is None:
        del content[offset:]
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(piece)] = piece


class DiskVfs(apsw.VFS):
    """The system's own files, watched by a `Disk`."""

    def __init__(self, name: str, disk: Disk) -> None:
        self._disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> "WatchedFile":
        return WatchedFile(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        with self._disk.lock:
            self._disk.synced.pop(filename, None)
            self._disk.written.pop(filename, None)


class WatchedFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._disk.write(self._path, offset, bytes(data))

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        self._disk.write(self._path, size, None)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._disk.sync(self._path)


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
