"""The settings of a day: its moments, what is on offer, and the rules that are somebody's choice.

A moment is written as a clock time, on a later day with the days in front: `09:00`, `1d 18:00`; inside it is seconds since the midnight of
the round's day.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.command_line import read_pairs

_CLOCK = re.compile(r"(?:(\d{1,3})d )?([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$")
_DAY: Final = 86400.0
_IN_ORDER: Final = ("open", "close", "draw", "publish", "pay_by", "pickup_by")
_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d)$")
_PER_CENT = re.compile(r"(\d+(?:\.\d+)?)\s*%$")

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Rate = Annotated[float, msgspec.Meta(gt=0, le=1e9)]


class Moment(float):
    """Seconds since the midnight of the round's day."""

    @classmethod
    def read(cls, text: str) -> "Moment":
        """`09:00`, `18:00:30`, `1d 18:00`; ValueError otherwise."""
        found = _CLOCK.match(text)
        if found is None:
            raise ValueError(f"expected a clock time such as 09:00 or 1d 18:00, found {text!r}")
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return cls(days * 86400 + hours * 3600 + minutes * 60 + seconds)

    def __str__(self) -> str:
        minutes, seconds = divmod(int(self), 60)
        days, hours = divmod(minutes // 60, 24)
        return (f"{days}d " if days else "") + f"{hours:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")


class Length(float):
    """Seconds of the server's clock."""

    @classmethod
    def read(cls, text: str) -> "Length":
        """`90s`, `10min`, `2h`, `7d`; ValueError otherwise."""
        found = _LENGTH.match(text)
        if found is None:
            raise ValueError(f"expected a length such as 90s, 10min, 2h or 7d, found {text!r}")
        return cls(float(found[1]) * _UNITS[found[2]])

    def __str__(self) -> str:
        unit = next(unit for unit in ("d", "h", "min", "s") if unit == "s" or (self and self % _UNITS[unit] == 0))
        return f"{self / _UNITS[unit]:g}{unit}"


class Portion(float):
    """A share, written in per cent."""

    @classmethod
    def read(cls, text: str) -> "Portion":
        """`10%`, `99.9%`; ValueError otherwise."""
        found = _PER_CENT.match(text)
        if found is None or not 0 < float(found[1]) <= 100:
            raise ValueError(f"expected a share such as 10%, more than 0 and at most 100%, found {text!r}")
        return cls(float(found[1]) / 100)

    def __str__(self) -> str:
        return f"{self * 100:g}%"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything about a day that is somebody's choice; each is `--set NAME=VALUE` on the command line."""

    open: Moment = Moment.read("09:00")
    close: Moment = Moment.read("10:00")
    draw: Moment = Moment.read("10:30")
    """when the winners are drawn; the entries are frozen and committed to at `close`"""
    publish: Moment = Moment.read("18:00")
    """when results are shown and winners' orders open"""
    pay_by: Moment = Moment.read("1d 18:00")
    pay_again_within: Length = Length.read("12h")
    """how long somebody of the waiting list has to pay, from when the bottle passed to them"""
    passes: Count = 1
    """how often an unpaid bottle passes on to the waiting list before it goes back to the stock"""
    pickup_by: Moment = Moment.read("8d 20:00")
    shop_opens: Moment = Moment.read("10:00")
    shop_closes: Moment = Moment.read("20:00")
    settle: Moment = Moment.read("1d 00:00")
    """when a day's orders are settled with the shops"""

    bottles: Count = 27_500
    """released a day, over all rounds and shops (770,000 in four weeks of April 2022)"""
    shops: Annotated[int, msgspec.Meta(ge=1, le=99_999)] = 2_000
    regions: Annotated[int, msgspec.Meta(ge=1, le=999)] = 31
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    """the share of the bottles that are released: a run with a hundredth of the people releases a hundredth"""

    identity: Literal["open", "token"] = "open"
    """`token`: who reserves, looks, pays or picks up shows a signed token"""
    token_lasts: Length = Length.read("12h")
    """how long a token is good for from the log-in on"""
    verifier_away: Literal["refuse", "admit"] = "refuse"
    """what becomes of a registration while the verification of real names does not answer: fail closed, or fail open and verify later"""

    sms_a_second: Rate = 500.0
    """messages that the backend gives to the SMS provider, at full size; it is known to take twice as many"""
    in_app_a_second: Rate = 10_000.0
    """the same, to the in-app provider"""

    ask_gateway: bool = True
    """off: wait for the gateway's notices only"""
    doubt_after: Length = Length.read("15s")
    """how long after a payment was begun the gateway is first asked what became of it, and then at growing distance"""
    bill: Moment = Moment.read("1d 09:30")
    """when the gateway's bill of the round's day is compared with the payments and refunds of that day, and the same on every day after"""

    begin_within: Length | None = None
    """how long after a payment was begun the gateway may still be given it; what it could not be given by then is closed, as nobody waits
    at their telephone any more; off: until the order's time is over"""
    retry_budget: Portion | None = None
    """what asks the gateway once more takes from a budget, to which every call adds so much, and one that came through gives back what it
    took; off: everybody asks again whenever they like"""
    extend: bool = True
    """on: whoever could not pay because of an incident, and nobody else, has as much more time as it took from them"""
    tell_affected: Moment | None = None
    """when those affected by an incident of the day are told, once a channel, or when it is over if that is later; off: nobody is told"""
    paced: bool = False
    """on: they are told in waves, and none goes out while the alarm rings"""
    wave: Annotated[int, msgspec.Meta(ge=1)] = 250
    """people that one wave tells at full size; once it went well the next may be twice as large"""
    wave_every: Length = Length.read("2min")

    objective: Portion = Portion.read("99.9%")
    """the share of calls about payments that come to something, when all is well"""
    burn_rate: Rate = 14.4
    """the alarm rings while calls fail so many times as often as the objective lets them, over both of the windows below"""
    alarm_long: Length = Length.read("60s")
    """of wall time, as the next one: what machines do is told in it"""
    alarm_short: Length = Length.read("5s")
    alarm_least: Annotated[int, msgspec.Meta(ge=1)] = 10
    """so many calls must have failed in the long window"""

    def __post_init__(self) -> None:
        for earlier, later in pairwise(_IN_ORDER):
            if getattr(self, later) <= getattr(self, earlier):
                raise ValueError(f"{later}: expected a moment after {earlier} ({getattr(self, earlier)}), found {getattr(self, later)}")
        if self.close > _DAY:
            raise ValueError(f"close: expected a moment of the round's day, found {self.close}")
        if self.shop_closes <= self.shop_opens or self.shop_closes > _DAY:
            raise ValueError(f"shop_closes: expected a clock time after shop_opens ({self.shop_opens}), found {self.shop_closes}")


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Where the others are: URLs of other processes, empty for what is not there, and the secrets shared with them."""

    own: str = ""
    """where this backend is reached by the gateway's notices"""
    gateway: str = ""
    notary: str = ""
    beacon: str = ""
    providers: str = ""
    """the fake SMS and in-app providers, the verification of real names and the carriers"""
    secret: str = "reference"
    """keys tokens, pseudonyms, notices and what is signed between these processes"""


DEFAULTS: Final = Settings()
_MAY_BE_OFF: Final = ("begin_within", "retry_budget", "tell_affected")
_ON_OR_OFF: Final = ("ask_gateway", "extend", "paced")
NOBODY: Final = Links()
"""no other process is there"""


def _decode(kind: type, value: Any) -> Any:
    if kind in (Moment, Length, Portion):
        if isinstance(value, str):
            return kind.read(value)
        return kind(value)
    raise NotImplementedError(kind)


def read(pairs: Sequence[str]) -> Settings:
    """The settings of `NAME=VALUE` pairs; ValueError with what is wrong and what there is."""
    return read_pairs(Settings, [_switched(pair) for pair in pairs], _decode)


def _switched(pair: str) -> str:
    """The pair, `on` and `off` written as msgspec reads them."""
    name, _, value = pair.partition("=")
    words = {"on": "true", "off": "false"} if name in _ON_OR_OFF else {"off": "null"} if name in _MAY_BE_OFF else {}
    return f"{name}={words[value]}" if value in words else pair


def shown(settings: Settings) -> dict[str, str | float | bool]:
    """The settings for people: moments and lengths as they are written on the command line."""
    values = msgspec.structs.asdict(settings)
    return {name: _for_people(value) for name, value in values.items()}


def _for_people(value: Any) -> str | float | bool:
    if value is None:
        return "off"
    shown: str | float | bool = str(value) if isinstance(value, (Moment, Length, Portion)) else value
    return shown


def routes(settings: Settings) -> list[web.RouteDef]:
    """GET /settings."""

    async def show(request: web.Request) -> web.Response:
        return json_answer(shown(settings))

    return [web.get("/settings", show)]
