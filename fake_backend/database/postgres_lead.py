"""Who leads: of several processes on one PostgreSQL, the one whose session has a lock of the server's.

The lock is gone with the session, however its process ended, and another process has it a fraction of a second later.
"""

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

import psycopg

from fake_backend.database import Away

LEADING: Final = 7_071_003
_LOOK: Final = 0.2
"""seconds between two looks, whether the lock can be had or is still held"""


class Lead:
    """Stands for the lead from now on; `lead()` says whether it has it."""

    def __init__(self, connect: Callable[[], "psycopg.Connection[Any]"]) -> None:
        self._connect = connect
        self._has = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._stand, name="lead", daemon=True)
        self._thread.start()

    def __call__(self) -> bool:
        return self._has

    def close(self) -> None:
        """Give it up."""
        self._ended.set()
        self._thread.join()

    def _stand(self) -> None:
        while not self._ended.is_set():
            try:
                with closing(self._connect()) as connection:
                    self._hold(connection)
            except (psycopg.Error, Away):
                self._ended.wait(_LOOK)
            finally:
                self._has = False

    def _hold(self, connection: "psycopg.Connection[Any]") -> None:
        while True:
            if self._has:
                connection.execute("SELECT 1")
            else:
                row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LEADING,)).fetchone()
                self._has = bool(row and row[0])
            if self._ended.wait(_LOOK):
                return
