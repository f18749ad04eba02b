"""Reservations: one a person and round, only while the round is open by the server's clock, once however often it is asked for.

`decide` is the whole rule; whoever keeps the ledger looks up the facts and stores what was decided, and between the two nobody else does,
so that two requests can never both find the way free.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
from aiohttp import web

from fake_backend.admission import AWAY, Admission
from fake_backend.answers import json_answer, parsed
from fake_backend.asked import Asked, Facts, Reserve
from fake_backend.facts import Identifier, Refusal, Reservation, Round, written
from fake_backend.problems import Refused, answer, refused
from fake_backend.room import Guard, nobody_stopped

_KEY: Final = re.compile(r"[!-~]{1,64}")


class ReservationShown(msgspec.Struct, frozen=True):
    """A reservation as it is answered; `sequence` is its number in the ledger, `at` the server's time of acceptance."""

    sequence: int
    person: str
    round: str
    shop: str
    at: str


class ReservationsShown(msgspec.Struct, frozen=True):
    """What GET /reservations?person=…&round=… answers: none or one."""

    reservations: list[ReservationShown]


def decide(command: Reserve, key: str, facts: Facts, now: float) -> Reservation | Refusal:
    """The fact to store; or `facts.under_key` itself where the same was asked before; or why not."""
    earlier = facts.under_key
    if earlier is not None:
        if (earlier.person, earlier.round, earlier.shop) == (command.person, command.round, command.shop):
            return earlier
        return Refusal("key_reused", "the key belongs to a reservation with another content", "Idempotency-Key")
    round_ = facts.round
    if round_ is None:
        return Refusal("unknown_round", "the round was never on offer", "round")
    if facts.frozen:
        return Refusal("round_closed", "its entries are frozen for the draw", "round")
    if now < round_.open:
        return Refusal("round_not_open", f"opens at {written(round_.open, 'seconds')}", "round")
    if now >= round_.close:
        return Refusal("round_closed", f"closed at {written(round_.close, 'seconds')}", "round")
    if facts.of_person is not None:
        return Refusal("already_reserved", f"by reservation {facts.of_person.sequence}", "person")
    return Reservation(facts.next_sequence, command.person, command.round, command.shop, key, now)


def shown(fact: Reservation) -> ReservationShown:
    """The fact for people."""
    return ReservationShown(fact.sequence, fact.person, fact.round, fact.shop, written(fact.at))


class Register(Protocol):
    """Where reservations are decided and kept; `ledger.Ledger` is one, `shared_ledger.SharedLedger` another."""

    async def enter(self, asked: Asked) -> None: ...
    async def at(self, sequence: int) -> Reservation | None: ...
    async def of_person(self, person: str, rounds: Sequence[str]) -> list[Reservation]: ...


class Offer(Protocol):
    """What is on offer, as the desk needs to know it; `rounds.Rounds` is one."""

    def find(self, name: str) -> Round | None: ...
    def frozen(self, name: str) -> bool: ...
    async def today(self, now: float) -> list[Round]: ...


class Desk:
    """Where reservations are asked for: reads what is wanted, has it decided and kept, and answers when it is durable."""

    def __init__(
        self, register: Register, admission: Admission, rounds: Offer, now: Callable[[], float], guard: Guard = nobody_stopped
    ) -> None:
        self._register, self._admission, self._rounds, self._now, self._guard = register, admission, rounds, now, guard
        self.outcomes: dict[str, int] = {"accepted": 0, "replayed": 0}

    async def reserve(self, request: web.Request) -> web.Response:
        """POST /reservations"""
        refusal = self._admission.refusal()
        if refusal is not None:
            return self._no(refusal)
        try:
            command = await parsed(request, _decode)
            key = _key(request)
        except Refused as problem:
            return self._no(problem.refusal)
        refusal = self._guard(request, command.person)
        if refusal is not None:
            return self._no(refusal)
        rounds, name = self._rounds, command.round
        if rounds.find(name) is None:
            await rounds.today(self._now())
        asked = Asked(command, key, rounds.find(name), rounds.frozen(name))
        await self._register.enter(asked)
        fact = asked.fact
        if not isinstance(fact, Reservation):
            return self._no(fact or AWAY)
        if asked.replayed:
            self.outcomes["replayed"] += 1
            return json_answer(shown(fact), 201, _REPLAYED)
        self.outcomes["accepted"] += 1
        return json_answer(shown(fact), 201)

    def _no(self, refusal: Refusal) -> web.Response:
        self.outcomes[refusal.code] = self.outcomes.get(refusal.code, 0) + 1
        return answer(refusal)


_REPLAYED: Final = {"Content-Type": "application/json", "Idempotent-Replay": "true"}
_decode = msgspec.json.Decoder(Reserve).decode


def _key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise refused("key_missing", "every reservation needs a key of its own, kept when it is tried again", "Idempotency-Key")
    if not _KEY.fullmatch(key):
        raise refused("key_malformed", "expected 1 to 64 visible ASCII characters", "Idempotency-Key")
    return key


def routes(desk: Desk, register: Register, guard: Guard = nobody_stopped) -> list[web.RouteDef]:
    """Make one, look one up by its number, look one up by person and round."""

    async def one(request: web.Request) -> web.Response:
        text = request.match_info["sequence"]
        fact = await register.at(int(text)) if re.fullmatch("[0-9]{1,18}", text) else None
        if fact is None:
            raise refused("no_such_reservation", "no reservation has this number", "sequence")
        if refusal := guard(request, fact.person):
            raise Refused(refusal)
        return json_answer(shown(fact))

    async def of_person(request: web.Request) -> web.Response:
        person, round_ = (_query(request, name) for name in ("person", "round"))
        if refusal := guard(request, person):
            raise Refused(refusal)
        return json_answer(ReservationsShown([shown(fact) for fact in await register.of_person(person, [round_])]))

    return [web.post("/reservations", desk.reserve), web.get("/reservations", of_person), web.get("/reservations/{sequence}", one)]


def _query(request: web.Request, name: str) -> str:
    text = request.query.get(name)
    if text is None:
        raise refused("bad_field", "both person and round are needed", name)
    try:
        return msgspec.convert(text, Identifier)
    except msgspec.ValidationError as problem:
        raise refused("bad_field", str(problem), name) from None
