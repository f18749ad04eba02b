"""Reservations: one a person and round, only while the round is open by the server's clock, once however often it is asked for.

`decide` is the whole rule; the route around it looks up the facts, stores what was decided, and answers when it is durable.  Between
looking up and storing nothing else runs, so two requests can never both find the way free.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import msgspec
from aiohttp import web

from fake_backend.admission import Admission
from fake_backend.answers import json_answer, parsed
from fake_backend.facts import Identifier, Refusal, Reservation, Round, written
from fake_backend.ledger import Ledger
from fake_backend.problems import Refused, answer, refused

_KEY: Final = re.compile(r"[!-~]{1,64}")


class Reserve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /reservations."""

    person: Identifier
    round: Identifier
    shop: Identifier


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


class Facts(msgspec.Struct, frozen=True):
    """What has to be known to decide: the round, what was made under the key, what the person has in the round, the next number,
    and whether the round's entries are frozen for its draw."""

    round: Round | None
    under_key: Reservation | None
    of_person: Reservation | None
    next_sequence: int
    frozen: bool = False


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


Decide = Callable[[Reserve, str, Facts, float], Reservation | Refusal]
Store = Callable[[Reservation], Awaitable[None]]


class Offer(Protocol):
    """What is on offer, as the desk needs to know it; `rounds.Rounds` is one."""

    def find(self, name: str) -> Round | None: ...
    def frozen(self, name: str) -> bool: ...
    async def today(self, now: float) -> list[Round]: ...


class Desk:
    """Where reservations are made: looks up, decides, stores.  `decide` and `store` are the honest ones unless a defect is on."""

    def __init__(self, ledger: Ledger, admission: Admission, rounds: Offer, now: Callable[[], float]) -> None:
        self.ledger, self._admission, self._rounds, self._now = ledger, admission, rounds, now
        self.crooked: Callable[[], tuple[Decide, Store] | None] = lambda: None
        """The planted defects' own way of deciding and storing, while one is on."""
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
        if self._rounds.find(command.round) is None:
            await self._rounds.today(self._now())
        decided, store = self.crooked() or (decide, self.ledger.append)
        fact = decided(command, key, self._facts(command, key), self._now())
        if isinstance(fact, Refusal):
            return self._no(fact)
        if fact.sequence < self.ledger.next_sequence:
            await self.ledger.durable(fact)
            self.outcomes["replayed"] += 1
            return json_answer(shown(fact), 201, _REPLAYED)
        await store(fact)
        self.outcomes["accepted"] += 1
        return json_answer(shown(fact), 201)

    def _facts(self, command: Reserve, key: str) -> Facts:
        ledger = self.ledger
        return Facts(
            self._rounds.find(command.round), ledger.by_key(key), ledger.by_person(command.person, command.round), ledger.next_sequence,
            self._rounds.frozen(command.round),
        )  # fmt: skip

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


def routes(desk: Desk) -> list[web.RouteDef]:
    """Make one, look one up by its number, look one up by person and round."""

    async def one(request: web.Request) -> web.Response:
        text = request.match_info["sequence"]
        fact = desk.ledger.at(int(text)) if re.fullmatch("[0-9]{1,18}", text) else None
        if fact is None:
            raise refused("no_such_reservation", "no reservation has this number", "sequence")
        await desk.ledger.durable(fact)
        return json_answer(shown(fact))

    async def of_person(request: web.Request) -> web.Response:
        person, round_ = (_query(request, name) for name in ("person", "round"))
        fact = desk.ledger.by_person(person, round_)
        if fact is not None:
            await desk.ledger.durable(fact)
        return json_answer(ReservationsShown([shown(fact)] if fact else []))

    return [web.post("/reservations", desk.reserve), web.get("/reservations", of_person), web.get("/reservations/{sequence}", one)]


def _query(request: web.Request, name: str) -> str:
    text = request.query.get(name)
    if text is None:
        raise refused("bad_field", "both person and round are needed", name)
    try:
        return msgspec.convert(text, Identifier)
    except msgspec.ValidationError as problem:
        raise refused("bad_field", str(problem), name) from None
