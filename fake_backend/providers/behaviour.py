"""How the providers behave: each trait is `--set NAME=VALUE` at the start, and can be another for a while as a fault."""

import time
from collections.abc import Callable, Sequence
from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec.structs import replace

from fake_backend.answers import json_answer, parsed
from fake_backend.command_line import read_pairs
from fake_backend.contract import BODY, TEXT, operation, parameter, ref
from fake_backend.faults import Ttl
from fake_backend.problems import refused
from fake_backend.room import Room

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=30 * 86400)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything about the providers that is somebody's choice; seconds are those of their clock unless it says otherwise."""

    seed: int = 1
    """of all chances: the same for each key, whenever it comes"""
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    """a run with a hundredth of the people has a hundredth of the rates"""

    providers_away: Share = 0.0
    """requests that are answered with 503, whatever they are about"""
    sms_a_second: Rate = 1_000.0
    """more are refused with 429 and Retry-After; 0: no cap"""
    in_app_a_second: Rate = 20_000.0
    notice_delay: Seconds = 0.0
    """the mean time from the provider to the person"""
    notice_loss: Share = 0.0
    """messages that never arrive, and are on the way until they are given anew"""
    notice_twice: Share = 0.0
    """messages that arrive twice"""

    verification_latency: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.02
    """wall seconds"""
    verification_failure: Share = 0.0
    """requests that are answered with 503"""
    verification_refused: Share = 0.0
    """identities that do not belong to the name"""

    carrier_step: Seconds = 6 * 3600.0
    """the mean time from one state of a shipment to the next"""
    carrier_late: Seconds = 600.0
    """the mean time from a state to its report"""
    carrier_twice: Share = 0.05
    """reports that are sent twice"""
    carrier_shuffled: Share = 0.05
    """reports that are sent after the next one"""
    carrier_returned: Share = 0.0
    """shipments that nobody took in and that come back"""


DEFAULTS: Final = Behaviour()
TRAITS: Final = tuple(name for name in Behaviour.__struct_fields__ if name not in ("seed", "share"))
"""what can be another for a while"""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One trait is another for a while."""

    ttl: Ttl
    value: Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class FaultShown(msgspec.Struct, frozen=True):
    """One trait as GET /faults lists it; `remaining` is in wall seconds, 0 where no fault is on."""

    name: str
    value: float
    remaining: float


class FaultsShown(msgspec.Struct, frozen=True):
    """What GET /faults answers."""

    faults: list[FaultShown]


class Temper:
    """The behaviour of this moment; `clock` is monotonic seconds.  Faults are kept in memory: a new start is without them."""

    def __init__(self, usual: Behaviour, clock: Callable[[], float] = time.monotonic) -> None:
        self._usual, self._clock = usual, clock
        self._faults: dict[str, tuple[float, float]] = {}
        self._now = usual

    def __call__(self) -> Behaviour:
        """The behaviour of this moment."""
        if self._faults:
            self._lapse()
        return self._now

    def put(self, name: str, fault: Fault) -> None:
        """Let the trait be another for a while; msgspec.ValidationError where it cannot be that."""
        changed = msgspec.convert({**msgspec.to_builtins(self()), name: fault.value}, Behaviour)
        self._faults[name] = (fault.value, self._clock() + fault.ttl)
        self._now = changed

    def drop(self, name: str) -> None:
        """The trait is as usual again."""
        if self._faults.pop(name, None):
            self._now = replace(self._usual, **{name: value for name, (value, _) in self._faults.items()})

    def shown(self, name: str) -> FaultShown:
        """One trait for people."""
        value = float(getattr(self(), name))
        return FaultShown(name, value, round(self._faults[name][1] - self._clock(), 3) if name in self._faults else 0.0)

    def _lapse(self) -> None:
        for name in [name for name, (_, until) in self._faults.items() if self._clock() >= until]:
            self.drop(name)


def read(pairs: Sequence[str]) -> Behaviour:
    """The behaviour of `NAME=VALUE` pairs; ValueError with what is wrong and what there is."""
    return read_pairs(Behaviour, pairs)


def room(temper: Temper) -> Room:
    """GET, PUT and DELETE /faults."""

    async def show(request: web.Request) -> web.Response:
        return json_answer(FaultsShown([temper.shown(name) for name in TRAITS]))

    async def put(request: web.Request) -> web.Response:
        name = _named(request)
        fault = await parsed(request, _decode)
        try:
            temper.put(name, fault)
        except msgspec.ValidationError as problem:
            raise refused("bad_field", str(problem), "value") from None
        return json_answer(temper.shown(name))

    async def drop(request: web.Request) -> web.Response:
        name = _named(request)
        temper.drop(name)
        return json_answer(temper.shown(name))

    routes = (web.get("/faults", show), web.put("/faults/{name}", put), web.delete("/faults/{name}", drop))
    return Room(routes=routes, contract=_CONTRACT, types=(Fault, FaultShown, FaultsShown))


_decode: Final = msgspec.json.Decoder(Fault).decode
_NAME: Final = (parameter("name", "path", TEXT),)
_CONTRACT: Final = {
    "/faults": {"get": operation("The providers' traits, and which of them are another for a while", ref("FaultsShown"))},
    "/faults/{name}": {
        "put": operation(
            "Let a trait be another for a while", ref("FaultShown"), codes=(*BODY, "no_such_switch"), parameters=_NAME, body=ref("Fault")
        ),
        "delete": operation("Let a trait be as usual", ref("FaultShown"), codes=("no_such_switch",), parameters=_NAME),
    },
}


def _named(request: web.Request) -> str:
    name = request.match_info["name"]
    if name not in TRAITS:
        raise refused("no_such_switch", f"known: {', '.join(TRAITS)}", "name")
    return name
