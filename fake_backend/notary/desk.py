"""The notary's desk: what it takes and what it shows.

It takes a commitment only while the beacon's round is still far enough away for nobody to know it, and the same one as often as it is
brought.  A second, different one for a draw it takes too, and shows both: that is for whoever looks to judge.
"""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from fake_backend import lone
from fake_backend.answers import json_answer, parsed
from fake_backend.clock import Clock
from fake_backend.contract import BODY, TEXT, operation, parameter, ref
from fake_backend.facts import Identifier, written
from fake_backend.notary.register import Register
from fake_backend.problems import refused


class BeaconRound(msgspec.Struct):
    """As much of the beacon's round as decides whether the commitment comes in time; times in whole seconds."""

    genesis: int
    period: int
    round: int


class Committed(msgspec.Struct):
    """As much of a commitment as the notary reads; all of it is kept."""

    draw: Identifier
    beacon: BeaconRound
    margin: int


class Bring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /commitments."""

    draw: Identifier
    commitment: dict[str, Any]


class Statement(msgspec.Struct, frozen=True):
    """That a commitment of this hash was seen at that moment; the signature is over the other fields as canonical JSON."""

    number: int
    draw: str
    hash: str
    at: str
    signature: str


class Shown(msgspec.Struct, frozen=True):
    """Everything that was ever seen for a draw; the signature is over `draw`, `at` and `statements`."""

    draw: str
    at: str
    statements: list[Statement]
    key: str
    signature: str
    commitments: list[dict[str, Any]]


class KeyShown(msgspec.Struct, frozen=True):
    """What GET /key answers: the public key (Ed25519) that statements are signed with."""

    key: str


class Desk:
    """Takes commitments, one at a time."""

    def __init__(self, register: Register, clock: Clock) -> None:
        self._register, self._clock = register, clock
        self._turn = asyncio.Lock()

    async def take(self, request: web.Request) -> web.Response:
        """POST /commitments"""
        bring = await parsed(request, _decode)
        try:
            read = msgspec.convert(bring.commitment, Committed)
        except msgspec.ValidationError as problem:
            raise refused("bad_field", str(problem), "commitment") from None
        if read.draw != bring.draw:
            raise refused("bad_field", "the commitment is to another draw", "draw")
        async with self._turn:
            statement = self._register.stated(bring.draw, bring.commitment)
            if statement is None:
                now, beacon = self._clock.now(), read.beacon
                out = beacon.genesis + (beacon.round - 1) * beacon.period
                if out < now + read.margin:
                    raise refused("too_late", f"it is {written(now)}: the beacon's round is out at {written(out)}", "commitment")
                statement = await asyncio.to_thread(self._register.state, bring.draw, bring.commitment, now)
        return json_answer({name: statement[name] for name in Statement.__struct_fields__}, 201)

    async def show(self, request: web.Request) -> web.Response:
        """GET /commitments/{draw}"""
        async with self._turn:
            return json_answer(await asyncio.to_thread(self._register.shown, request.match_info["draw"], self._clock.now()))

    async def key(self, request: web.Request) -> web.Response:
        """GET /key"""
        return json_answer(KeyShown(self._register.key.public.hex()))


_decode = msgspec.json.Decoder(Bring).decode


def compose(file: Path, clock: Clock) -> web.Application:
    """The notary on its file."""
    register = Register(file)
    desk = Desk(register, clock)
    own = [web.post("/commitments", desk.take), web.get("/commitments/{draw}", desk.show), web.get("/key", desk.key)]
    described = {
        "/commitments": {
            "post": operation("Have a commitment seen", ref("Statement"), 201, (*BODY, "too_late"), body=ref("Bring")),
        },
        "/commitments/{draw}": {
            "get": operation("Everything that was seen for a draw", ref("Shown"), parameters=(parameter("draw", "path", TEXT),)),
        },
        "/key": {"get": operation("What signatures are checked with", ref("KeyShown"))},
    }
    made = lone.application("Notary", clock, file.with_name(file.name + ".clock"), own, described, (Bring, Statement, Shown, KeyShown))

    async def closed(_: web.Application) -> None:
        register.close()

    made.on_cleanup.append(closed)
    return made
