"""A reservation that was asked for: what has to be known to decide it, and what comes of it."""

from collections.abc import Callable

import msgspec

from fake_backend.facts import Identifier, Refusal, Reservation, Round


class Reserve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /reservations."""

    person: Identifier
    round: Identifier
    shop: Identifier


class Facts(msgspec.Struct, frozen=True):
    """What has to be known to decide: the round, what was made under the key, what the person has in the round, the next number,
    and whether the round's entries are frozen for its draw."""

    round: Round | None
    under_key: Reservation | None
    of_person: Reservation | None
    next_sequence: int
    frozen: bool = False


class Asked(msgspec.Struct, eq=False):
    """One request to reserve on its way through the ledger."""

    command: Reserve
    key: str
    round: Round | None
    frozen: bool = False
    fact: Reservation | Refusal | None = None
    """what was decided"""
    replayed: bool = False
    """whether the fact is that of an earlier request with the same key"""
    release: Callable[[], object] | None = None
    """answers the request at once, durable or not; only a planted defect does"""


class Kept(msgspec.Struct, frozen=True):
    """What is stored for a fact that was decided, and the number that comes next; the honest way is the fact itself, waited for."""

    rows: list[Reservation]
    next_sequence: int
    waited_for: bool = True


Decide = Callable[[Reserve, str, Facts, float], Reservation | Refusal]
Keep = Callable[[Reservation], Kept]
Way = Callable[[], tuple[Decide, Keep] | None]
"""the planted defects' way of deciding and keeping, while one is on"""


def straight() -> None:
    """The way of a backend without planted defects."""
