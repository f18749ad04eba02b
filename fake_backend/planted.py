"""What each planted defect does to a reservation: the other way of deciding and keeping, taken only while a defect is on."""

import random

from msgspec.structs import replace

from fake_backend.asked import Decide, Facts, Keep, Kept, Reserve
from fake_backend.facts import Refusal, Reservation
from fake_backend.reservations import decide
from fake_backend.switches import Switches


class Crook:
    """Decides and keeps dishonestly, as the switches say; what they leave alone it does as the honest ledger would."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def at_work(self) -> tuple[Decide, Keep] | None:
        """Its way of doing things while any switch is on."""
        return (self._decide, self._keep) if self._switches else None

    def _decide(self, command: Reserve, key: str, facts: Facts, now: float) -> Reservation | Refusal:
        if facts.under_key is None and self._switches.strikes("leave_gap"):
            facts = replace(facts, next_sequence=facts.next_sequence + 1)
        fact = decide(command, key, facts, now)
        closed = isinstance(fact, Refusal) and fact.code in ("round_not_open", "round_closed")
        if closed and facts.round is not None and self._switches.strikes("accept_outside_window"):
            fact = decide(command, key, replace(facts, frozen=False), facts.round.open)
            return replace(fact, at=now) if isinstance(fact, Reservation) else fact
        return fact

    def _keep(self, fact: Reservation) -> Kept:
        strikes = self._switches.strikes
        if strikes("lose_acknowledged"):
            return Kept([], fact.sequence + 1, False)
        rows = [fact]
        if strikes("store_twice"):
            rows.append(replace(fact, sequence=fact.sequence + len(rows)))
        if strikes("store_unasked"):
            rows.append(_unasked(replace(fact, sequence=fact.sequence + len(rows))))
        return Kept(rows, rows[-1].sequence + 1, not strikes("acknowledge_before_commit"))


def _unasked(fact: Reservation) -> Reservation:
    number = random.randrange(10**11)
    return replace(fact, person=f"p9{number:011d}", key=f"unasked-{number:x}-{fact.sequence}")
