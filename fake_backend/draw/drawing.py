"""What the books know of a draw: how far it is, and who has which place in it."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

import msgspec
from msgspec.structs import astuple

from fake_backend.books import Bookkeeper, Books
from fake_backend.draw.commitment import Commitment

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS draws (
  round TEXT PRIMARY KEY, number INTEGER NOT NULL, state TEXT NOT NULL, item TEXT NOT NULL, entries BIGINT NOT NULL,
  last_sequence BIGINT NOT NULL, root TEXT NOT NULL, quota TEXT NOT NULL, misses DOUBLE PRECISION NOT NULL, slack DOUBLE PRECISION NOT NULL,
  commitment TEXT NOT NULL, notarised TEXT NOT NULL, beacon TEXT NOT NULL, seed TEXT NOT NULL, winners BIGINT NOT NULL,
  opened BIGINT NOT NULL, told BIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS draw_places (
  number BIGINT PRIMARY KEY, round TEXT NOT NULL, sequence BIGINT NOT NULL UNIQUE, shop TEXT NOT NULL, person TEXT NOT NULL,
  place INTEGER NOT NULL, score TEXT NOT NULL, state TEXT NOT NULL, passed INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS draw_places_by_shop ON draw_places (round, shop, place)",
)
"""A draw is frozen, committed, seeded, drawn, opening, published or told; a place is won, listed or passed (to its person, of the list)."""

ROOM: Final = 10_000_000
"""numbers that a draw has for its places"""


class Drawing(msgspec.Struct, frozen=True):
    """One draw, as far as it is."""

    round: str
    number: int
    state: str
    item: str
    entries: int
    last_sequence: int
    root: str
    quota: str
    misses: float
    """the share of the entries that a planted defect left out"""
    slack: float
    """seconds of the wall that the next commitment has to reach the notary"""
    commitment: str = ""
    """the canonical text; empty while none is made"""
    notarised: str = ""
    """what the notary shows of the draw"""
    beacon: str = ""
    seed: str = ""
    winners: int = 0
    opened: int = 0
    """places whose orders were sent on their way"""
    told: int = 0
    """the last reservation whose person was told"""

    @property
    def committed(self) -> Commitment:
        """What was committed to."""
        return msgspec.json.decode(self.commitment, type=Commitment)

    @property
    def bottles(self) -> dict[str, int]:
        """How many win in each shop."""
        return msgspec.json.decode(self.quota, type=dict[str, int])


class Place(msgspec.Struct, frozen=True):
    """A place among those that won, or on the waiting list: 0 for a winner, from 1 on for the list of the shop."""

    number: int
    round: str
    sequence: int
    shop: str
    person: str
    place: int
    score: str
    state: str
    passed: int = 0
    """how often the bottle was passed on before it came to this person"""

    @property
    def order(self) -> str:
        """The name of the order that the reservation becomes."""
        return f"o{self.sequence}"


def listed(places: Iterable[Place]) -> list[tuple[str, int, int, str]]:
    """The list as it is published: shop, place, reservation, score."""
    return [(one.shop, one.place, one.sequence, one.score) for one in places]


def list_hash(rows: Iterable[tuple[str, int, int, str]]) -> str:
    """The hash of the list."""
    text = sha256()
    for shop, place, sequence, score in rows:
        text.update(f"{shop},{place},{sequence},{score}\n".encode())
    return text.hexdigest()


_KEEP: Final = f"""INSERT INTO draws VALUES ({", ".join("?" * 17)}) ON CONFLICT (round) DO UPDATE SET
  state = excluded.state, slack = excluded.slack, commitment = excluded.commitment, notarised = excluded.notarised,
  beacon = excluded.beacon, seed = excluded.seed, winners = excluded.winners, opened = excluded.opened, told = excluded.told"""


def keep(books: Books, drawing: Drawing) -> None:
    """Write the draw, which may be new."""
    books.run(_KEEP, *astuple(drawing))


def of(books: Books, round_: str) -> Drawing | None:
    """The draw of the round."""
    row = books.row("SELECT * FROM draws WHERE round = ?", round_)
    return Drawing(*row) if row else None


def keep_places(books: Books, places: Iterable[Place]) -> None:
    """Write places; those that are there already stay."""
    books.many("INSERT INTO draw_places VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO NOTHING", [astuple(p) for p in places])


def place_of(books: Books, sequence: int) -> Place | None:
    """The place of the reservation."""
    row = books.row("SELECT * FROM draw_places WHERE sequence = ?", sequence)
    return Place(*row) if row else None


def next_listed(books: Books, round_: str, shop: str) -> Place | None:
    """Whose turn it is on the waiting list of the shop."""
    sql = "SELECT * FROM draw_places WHERE round = ? AND shop = ? AND state = 'listed' ORDER BY place LIMIT 1"
    row = books.row(sql, round_, shop)
    return Place(*row) if row else None


async def known(books: Bookkeeper, round_: str) -> Drawing | None:
    """The draw of the round, of what is durable."""
    rows = await books.read("SELECT * FROM draws WHERE round = ?", round_)
    return Drawing(*rows[0]) if rows else None


async def places(books: Bookkeeper, round_: str, after: int = 0, most: int = -1) -> list[Place]:
    """Places of the round in the order of their numbers."""
    sql = "SELECT * FROM draw_places WHERE round = ? AND number > ? ORDER BY number"
    rows = await (books.read(sql, round_, after) if most < 0 else books.read(f"{sql} LIMIT ?", round_, after, most))
    return [Place(*row) for row in rows]


def bottles_of(quota: Mapping[str, int]) -> str:
    """The quota as it is kept."""
    return msgspec.json.encode({shop: quota[shop] for shop in sorted(quota) if quota[shop]}).decode()
