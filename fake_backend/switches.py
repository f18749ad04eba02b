"""Faults and planted defects: off by default, loud while on, and ended by themselves.

A defect is a lie the judge must find; a fault is bad luck the honest backend must live through.  Each switch has one type, which is its
wire schema.  They are kept in memory only: a process that is started again is honest.
"""

import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer, parsed
from fake_backend.faults import ClockSkew, DatabaseAway, Drop, Fault, Hang, Refuse, RetryStorm, Share, Slow, SlowSync, Trouble, Ttl
from fake_backend.problems import refused


class Defect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A planted lie, told to a share of the requests it concerns."""

    ttl: Ttl
    share: Share = 1.0


Setting = Defect | Fault
F = TypeVar("F", bound=Fault)
T = TypeVar("T", bound=Trouble)

SWITCHES: Final[dict[str, tuple[type[Setting], str]]] = {
    "lose_acknowledged": (Defect, "answers a reservation with its number and never stores it"),
    "store_twice": (Defect, "stores a reservation under two numbers"),
    "store_unasked": (Defect, "stores one more reservation, of a person who never asked"),
    "accept_outside_window": (Defect, "accepts a reservation while its round is not open"),
    "leave_gap": (Defect, "leaves out a number of the ledger before a reservation"),
    "acknowledge_before_commit": (Defect, "answers a reservation before it is durable"),
    "oversell": (Defect, "keeps a bottle for an order though there is none"),
    "lose_return": (Defect, "loses the bottle of an order that lapsed instead of giving it back"),
    "trust_amount": (Defect, "believes a notice or an answer of the gateway whatever amount it has"),
    "refund_twice": (Defect, "has the gateway asked for a refund under two numbers"),
    "dedup_first": (Defect, "takes down that a notice has come before it has its effect, and loses the effect"),
    "expire_pending": (Defect, "lets an order lapse while a payment of it is under way"),
    "tell_nobody": (Defect, "drops what a person should be told"),
    "tell_twice": (Defect, "tells a person the same thing in two messages"),
    "hand_to_anybody": (Defect, "hands a bottle to whoever asks for it, at any time"),
    "draw_misses_some": (Defect, "leaves a share of the entries out of a draw when it is frozen"),
    "draw_again": (Defect, "commits to a draw a second time, with another round of the beacon"),
    "retry_storm": (
        RetryStorm,
        "asks the gateway, or the verification, again at once when a call fails, and leaves what was given up in its queue",
    ),
    "slow_sync": (SlowSync, "makes every commit take longer, as a slow disk does"),
    "slow": (Slow, "answers later"),
    "refuse": (Refuse, "answers 503"),
    "hang": (Hang, "answers nothing until it is over"),
    "drop": (Drop, "cuts off the connection instead of answering"),
    "database_away": (DatabaseAway, "looks up and stores nothing, as if the database were away"),
    "clock_skew": (ClockSkew, "goes by a clock that is wrong"),
}
"""name → (what PUT takes, what it does)"""


class SwitchShown(msgspec.Struct, frozen=True):
    """One switch as GET /switches lists it; `remaining` is in seconds."""

    name: str
    about: str
    active: bool
    remaining: float
    setting: dict[str, float | str | bool] | None = None


class SwitchesShown(msgspec.Struct, frozen=True):
    """What GET /switches answers."""

    switches: list[SwitchShown]


class Switches:
    """Which switches are on; `clock` is monotonic seconds, `chance` gives numbers in [0, 1)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, chance: Callable[[], float] = random.random) -> None:
        self._clock, self._chance = clock, chance
        self._active: dict[str, tuple[Setting, float]] = {}
        self.changed: Callable[[], None] = lambda: None
        """told after a switch was turned on or off, and not when its time is over"""

    def __bool__(self) -> bool:
        """Whether any may be on: the one question the honest path asks."""
        return bool(self._active)

    def put(self, name: str, setting: Setting) -> None:
        """Turn a switch on, or set it anew."""
        self._active[name] = (setting, self._clock() + setting.ttl)
        self.changed()

    def drop(self, name: str) -> None:
        """Turn a switch off; one that is off stays so."""
        self._active.pop(name, None)
        self.changed()

    def setting(self, name: str) -> Setting | None:
        """The setting of a switch that is on."""
        setting, until = self._active.get(name, (None, 0.0))
        if setting is not None and self._clock() >= until:
            self._active.pop(name, None)  # the writer's thread asks too
            return None
        return setting

    def strikes(self, defect: str) -> bool:
        """Whether the defect is on and this request is one of its share."""
        setting = self.setting(defect)
        return isinstance(setting, Defect) and self._chance() < setting.share

    def fault(self, name: str, kind: type[F]) -> F | None:
        """The fault, while it is on."""
        setting = self.setting(name) if self._active else None
        return setting if isinstance(setting, kind) else None

    def troubles(self, name: str, kind: type[T], path: str) -> T | None:
        """The fault, if it is on and a request to that path is one of its share."""
        found = self.fault(name, kind)
        return found if found and path.startswith(found.path) and self._chance() < found.share else None

    def share(self, defect: str) -> float:
        """The share of what the defect concerns; 0 while it is off."""
        setting = self.setting(defect) if self._active else None
        return setting.share if isinstance(setting, Defect) else 0.0

    def sync_delay(self) -> float:
        """Seconds that every commit has to wait."""
        slow = self.fault("slow_sync", SlowSync)
        return slow.delay if slow else 0.0

    def shared(self, name: str) -> dict[str, Any]:
        """The switch as another process takes it in."""
        setting = self.setting(name)
        return {"setting": msgspec.to_builtins(setting), "remaining": self._remaining(name)}

    def take_in(self, name: str, setting: dict[str, Any] | None, remaining: float) -> None:
        """Have the switch as another process has it."""
        if setting is None:
            self.drop(name)
        else:
            self._active[name] = (msgspec.convert(setting, SWITCHES[name][0]), self._clock() + remaining)
            self.changed()

    def active(self) -> list[str]:
        """The names of those that are on."""
        return [name for name in SWITCHES if self.setting(name)]

    def shown(self, name: str) -> SwitchShown:
        """One switch for people."""
        setting = self.setting(name)
        remaining = round(self._remaining(name), 3)
        return SwitchShown(name, SWITCHES[name][1], setting is not None, remaining, msgspec.to_builtins(setting))

    def _remaining(self, name: str) -> float:
        return max(self._active.get(name, (None, 0.0))[1] - self._clock(), 0.0)


def routes(switches: Switches, switched: Callable[[str], Awaitable[None]]) -> list[web.RouteDef]:
    """List, turn on, turn off; `switched` returns when every process has a switch as it is here."""

    async def show(request: web.Request) -> web.Response:
        return json_answer(SwitchesShown([switches.shown(name) for name in SWITCHES]))

    async def put(request: web.Request) -> web.Response:
        name = _named(request)
        switches.put(name, await parsed(request, _DECODE[SWITCHES[name][0]]))
        await switched(name)
        return json_answer(switches.shown(name))

    async def drop(request: web.Request) -> web.Response:
        name = _named(request)
        switches.drop(name)
        await switched(name)
        return json_answer(switches.shown(name))

    return [web.get("/switches", show), web.put("/switches/{name}", put), web.delete("/switches/{name}", drop)]


_DECODE: Final[dict[type, Callable[[bytes], Setting]]] = {kind: msgspec.json.Decoder(kind).decode for kind, _ in SWITCHES.values()}
TYPES: Final = tuple(_DECODE)
"""what the switches take"""


def _named(request: web.Request) -> str:
    name = request.match_info["name"]
    if name not in SWITCHES:
        raise refused("no_such_switch", f"known: {', '.join(SWITCHES)}", "name")
    return name
