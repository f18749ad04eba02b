"""Outages: when nobody was there at the gateway, as far as whoever asked it could tell."""

from typing import Final

from fake_backend.books import Bookkeeper, Books

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS outages (
  number INTEGER PRIMARY KEY, begun DOUBLE PRECISION NOT NULL, ended DOUBLE PRECISION)""",
)
COUNTS: Final = 60.0
"""seconds; what was shorter, people did not notice"""
_SAME: Final = 30.0
"""seconds between two outages that count as one"""


async def away_since(books: Bookkeeper) -> float | None:
    """Since when the gateway has been away, as far as is durable; None where it is not."""
    return next((begun for (begun,) in await books.read("SELECT begun FROM outages WHERE ended IS NULL")), None)


class Outages:
    """Written by whoever asks the gateway, read by whoever holds people to a deadline."""

    def away(self, books: Books) -> None:
        """Nobody answered."""
        last = books.row("SELECT number, ended FROM outages ORDER BY number DESC LIMIT 1")
        if last is not None and (last[1] is None or books.at - last[1] <= _SAME):
            books.run("UPDATE outages SET ended = NULL WHERE number = ?", last[0])
        else:
            books.run("INSERT INTO outages VALUES (?, ?, NULL)", last[0] + 1 if last else 1, books.at)

    def back(self, books: Books) -> None:
        """Somebody answered."""
        books.run("UPDATE outages SET ended = ? WHERE ended IS NULL", books.at)

    def between(self, books: Books, begin: float, end: float) -> float:
        """Seconds between two moments in which the gateway was away."""
        sql = "SELECT begun, coalesce(ended, ?) FROM outages WHERE (ended IS NULL OR ended > ?) AND begun < ?"
        found: list[tuple[float, float]] = [
            (max(begun, begin), min(ended, end)) for begun, ended in books.rows(sql, end, begin, end) if ended - begun >= COUNTS
        ]
        return sum(ended - begun for begun, ended in found)
