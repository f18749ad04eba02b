"""Whether PostgreSQL answers at all: asked a few times a second, on a connection of its own that waits for nobody.

A server that was stopped refuses connections; one that hangs takes them and says nothing, for ever.  What waits for an answer longer than
usual asks here whether there is still hope.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

import psycopg

from fake_backend.database.postgres_words import Connection

_BEAT: Final = 0.2
"""seconds between two questions"""
PATIENCE: Final = 3.0
"""seconds that the server has to answer one that costs it nothing"""


class Pulse:
    """Feels it from now on, in the background."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._until = 0.0
        self._ended = threading.Event()
        self.lost = False
        """whether it did not answer when it was last asked, or could not be asked"""
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of it."""
        self._ended.set()
        self._thread.join()

    def _late(self) -> bool:
        return time.monotonic() > self._until

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                connection = self._connect()
            except psycopg.Error:
                self.lost = True
                self._ended.wait(_BEAT)
                continue
            connection.hopeless = self._late
            try:
                self._feel(connection)
            except psycopg.Error:
                self.lost = self.lost or self._late()  # a connection that broke may be the only one that did
                self._ended.wait(_BEAT)
            finally:
                connection.close()

    def _feel(self, connection: Connection) -> None:
        while not self._ended.is_set():
            self._until = time.monotonic() + PATIENCE
            connection.execute("SELECT 1")
            self.lost = False
            self._ended.wait(_BEAT)
