"""What each planted defect does to a reservation: the other way of deciding and storing, taken only while a defect is on."""

import asyncio
import random

from msgspec.structs import replace

from fake_backend.facts import Refusal, Reservation
from fake_backend.ledger import Ledger
from fake_backend.reservations import Decide, Facts, Reserve, Store, decide
from fake_backend.switches import Switches


class Crook:
    """Decides and stores dishonestly, as the switches say; what they leave alone it does as the honest desk would."""

    def __init__(self, ledger: Ledger, switches: Switches) -> None:
        self._ledger, self._switches = ledger, switches

    def at_work(self) -> tuple[Decide, Store] | None:
        """Its way of doing things while any switch is on."""
        return (self._decide, self._store) if self._switches else None

    def _decide(self, command: Reserve, key: str, facts: Facts, now: float) -> Reservation | Refusal:
        if facts.under_key is None and self._switches.strikes("leave_gap"):
            facts = replace(facts, next_sequence=facts.next_sequence + 1)
        fact = decide(command, key, facts, now)
        closed = isinstance(fact, Refusal) and fact.code in ("round_not_open", "round_closed")
        if closed and facts.round is not None and self._switches.strikes("accept_outside_window"):
            fact = decide(command, key, replace(facts, frozen=False), facts.round.open)
            return replace(fact, at=now) if isinstance(fact, Reservation) else fact
        return fact

    async def _store(self, fact: Reservation) -> None:
        ledger, strikes = self._ledger, self._switches.strikes
        if strikes("lose_acknowledged"):
            ledger.skip(fact.sequence + 1)
            return
        durable = ledger.append(fact)
        if strikes("store_twice"):
            durable = ledger.append(replace(fact, sequence=ledger.next_sequence))
        if strikes("store_unasked"):
            durable = ledger.append(_unasked(replace(fact, sequence=ledger.next_sequence)))
        if strikes("acknowledge_before_commit"):
            durable.add_done_callback(_unheard)
            return
        await durable


def _unasked(fact: Reservation) -> Reservation:
    number = random.randrange(10**11)
    return replace(fact, person=f"p9{number:011d}", key=f"unasked-{number:x}-{fact.sequence}")


def _unheard(durable: "asyncio.Future[None]") -> None:
    if not durable.cancelled():
        durable.exception()
