"""A disk that takes a picture of what a power cut would leave, at every instant that matters."""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import apsw
import msgspec

from tests.fake_backend.conftest import Hand
from tests.fake_backend.disk import VFS, Disk, DiskVfs
from tests.fake_backend.promises import Promise


class Cut(msgspec.Struct, frozen=True):
    """The power goes: where, what is left, how many answers had been given, and when by the wall."""

    where: str
    """`before`, `in` or `after` the commit of a number, or `answered`"""
    side: str
    number: int
    left: str
    answers: int
    wall: float


class Camera(Disk):
    """A disk that takes a picture of itself at every instant that matters."""

    def __init__(self, wall: Hand) -> None:
        super().__init__()
        self.promises: list[Promise] = []
        self.cuts: list[Cut] = []
        self.pictures: dict[str, dict[str, bytes]] = {}
        self.commits: Counter[str] = Counter()
        self.on = False
        self.wall, self._chance = wall, random.Random(7)

    def note(self, promise: Promise) -> None:
        """An answer is given."""
        self.promises.append(promise)
        self.take("answered", promise.side)

    def take(self, where: str, side: str) -> None:
        """Take the picture; the answers are counted before it, as what comes between the two was not given yet."""
        if self.on:
            answers = len(self.promises)
            left = self.left(self._chance.random if where == "in" else lambda: 1.0)
            name = hashlib.sha256(b"".join(chain.from_iterable((path.encode(), left[path]) for path in sorted(left)))).hexdigest()
            self.pictures.setdefault(name, left)
            self.cuts.append(Cut(where, side, self.commits[side], name, answers, self.wall()))

    def sync(self, path: str) -> None:
        """Half of what was written since the last sync may be on the disk before all of it is."""
        if path.endswith("-wal"):
            self.take("in", Path(path).name.partition(".")[0])
        super().sync(path)


class Watched(apsw.Connection):
    """A connection whose commits are counted, and have their pictures taken."""

    def __init__(self, path: str, camera: Camera, side: str, takes: float) -> None:
        super().__init__(path, vfs=VFS)
        self._camera, self._side, self._takes = camera, side, takes

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:  # type: ignore[override]
        if sql != "COMMIT":
            return super().execute(sql, parameters)
        time.sleep(self._takes)
        self._camera.commits[self._side] += 1
        self._camera.take("before", self._side)
        try:
            return super().execute(sql)
        finally:
            self._camera.take("after", self._side)


@contextmanager
def watching(camera: Camera) -> Iterator[None]:
    """While it lasts, files opened by way of the VFS are on the camera's disk."""
    vfs = DiskVfs(VFS, camera)
    try:
        yield
    finally:
        vfs.unregister()
