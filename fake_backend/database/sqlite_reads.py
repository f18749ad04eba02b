"""Reading from SQLite: short queries where the requests are answered, long ones in a thread.

A short query costs less than the way to a thread and back.  A long one is told by SQLite's own count of its steps, interrupted, and asked
anew in a thread, so that no request waits longer for another's query than a millisecond or two.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

import msgspec

from fake_backend.facts import ClockSetting, Reservation, Round

_SHORT: Final = 20_000
"""steps of SQLite's machine: about a millisecond"""
_QUOTED_KEY: Final = """CASE WHEN key GLOB '*[",]*' THEN '"' || replace(key, '"', '""') || '"' ELSE key END"""
_RESERVATION_LINES: Final = f"""
SELECT group_concat(line, '') FROM (
  SELECT sequence || ',' || person || ',' || round || ',' || shop || ',' || {_QUOTED_KEY} || ',' || at || char(10) AS line
  FROM reservations WHERE sequence > ? ORDER BY sequence LIMIT ?)"""
_ROUND_LINES: Final = """
SELECT group_concat(line, '') FROM (
  SELECT sequence || ',' || round || ',' || open || ',' || close || char(10) AS line
  FROM rounds WHERE sequence > ? ORDER BY sequence LIMIT ?)"""
_PAGE: Final = """
SELECT json_group_array(line) FROM (
  SELECT json_array(sequence, person, round, shop, key, at) AS line
  FROM reservations WHERE round = ? AND sequence > ? ORDER BY sequence LIMIT ?)"""
_ROW: Final = "SELECT sequence, person, round, shop, key, at FROM reservations WHERE sequence = ?"

_rows = msgspec.json.Decoder(list[tuple[int, str, str, str, str, float]]).decode


class Connection(Protocol):
    """As much of a connection as is used here; both `sqlite3` in autocommit and `apsw` offer it."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Iterable[Any]: ...
    def set_progress_handler(self, handler: Callable[[], bool] | None, steps: int, /) -> None: ...
    def close(self) -> None: ...


class Reads:
    """What is asked of the file: `_near` by the loop's own thread, `_far` by others, one at a time."""

    def __init__(self, near: Connection, far: Connection) -> None:
        self._near, self._far = near, far
        self._one = threading.Lock()
        self._long = False
        near.set_progress_handler(self._interrupt, _SHORT)

    async def read(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """What a query gives."""
        self._long = False
        try:
            return list(self._near.execute(sql, values))
        except Exception:
            if not self._long:
                raise
        return await asyncio.to_thread(self._read, sql, values)

    async def page(self, round_: str, after: int, limit: int) -> list[Reservation]:
        """The round's next reservations, put together by one step of SQLite: between two it would wait its turn behind the requests."""
        ((lines,),) = await asyncio.to_thread(self._read, _PAGE, (round_, after, limit))
        return [Reservation(*row) for row in _rows(f"[{','.join(msgspec.json.decode(lines, type=list[str]))}]")]

    def reservations_csv(self, after: int, limit: int) -> str:
        """Lines of the ledger of reservations."""
        ((lines,),) = self._read(_RESERVATION_LINES, (after, limit))
        return lines or ""

    def rounds_csv(self, after: int, limit: int) -> str:
        """Lines of the rounds."""
        ((lines,),) = self._read(_ROUND_LINES, (after, limit))
        return lines or ""

    def marks(self) -> Iterator[tuple[int, str, str, str]]:
        """Each reservation's sequence, person, round and key."""
        return iter(self._far.execute("SELECT sequence, person, round, key FROM reservations ORDER BY sequence"))

    def reservation(self, sequence: int) -> Reservation | None:
        """One row of the ledger."""
        for row in self._short(_ROW, (sequence,)):
            return Reservation(*row)
        return None

    def rounds(self) -> list[Round]:
        """The rounds, in the order they were noted."""
        return [Round(*row) for row in self._short("SELECT round, item, open, close FROM rounds ORDER BY sequence")]

    def clock(self) -> ClockSetting | None:
        """How the clock was last set."""
        for row in self._short("SELECT now, speed, since, turns FROM clock"):
            return ClockSetting(*row)
        return None

    def _short(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query gives that is known to be short.

        SQLite counts the steps of a statement that it keeps through all its uses, so that now and then a short one is interrupted, too.
        """
        while True:
            self._long = False
            try:
                return list(self._near.execute(sql, values))
            except Exception:
                if not self._long:
                    raise

    def _read(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._one:
            return list(self._far.execute(sql, values))

    def _interrupt(self) -> bool:
        self._long = True
        return True
