"""The daybook: every event of the day's work, in one sequence without a gap, for whoever audits it."""

from typing import Final

from fake_backend.room import Ledger, Room, Site

_COLUMNS: Final = ("sequence", "at", "kind", "subject", "person", "round", "shop", "amount", "detail", "link")


def room(site: Site) -> Room:
    """Exports what the books noted; nobody else writes or reads it."""
    query = f"SELECT {', '.join(_COLUMNS)} FROM daybook WHERE sequence > ? ORDER BY sequence LIMIT ?"
    return Room(ledgers={"daybook": Ledger(_COLUMNS, query)})
