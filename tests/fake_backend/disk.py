"""A disk that loses power: a SQLite VFS that knows what was synced, and throws the rest away."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

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

    def left(self, chance: Callable[[], float] = lambda: 1.0) -> dict[str, bytes]:
        """Files, by name, as they are found when the power goes now; a write that was not synced survives where chance is below ½."""
        found = {}
        with self.lock:
            for path in sorted({*self.synced, *self.written}):
                content = bytearray(self.synced.get(path, b""))
                for offset, piece in self.written.get(path, []):
                    if chance() < 0.5:
                        _apply(content, offset, piece)
                found[Path(path).name] = bytes(content)
        return found

    def cut(self, folder: Path, chance: Callable[[], float] = lambda: 1.0) -> None:
        """The power goes: what is left, in a folder."""
        put(self.left(chance), folder)


def put(files: dict[str, bytes], folder: Path) -> None:
    """Write what was left into a new folder."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


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
