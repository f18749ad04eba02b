"""Numbers with their unit, as people write them: `500ms`, `0.1%`, `2000/s`, `7.12M`.

Inside, everything is a float in seconds, shares of one, or per second; a value that was read keeps the text it was read from
only where it is printed again (`Bound`).
"""

import contextlib
import math
import re
from enum import StrEnum
from typing import Any, Self

_NUMBER = r"(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d{1,2})?"
_DURATION_UNITS = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_COUNT_UNITS = {"": 1.0, "k": 1e3, "M": 1e6}
_DURATION_PART = re.compile(rf"\s*({_NUMBER})\s*(us|µs|ms|s|min|m|h|d)")


class Unit(StrEnum):
    """What a bound or a measured value is counted in."""

    SECONDS = "s"
    SHARE = "share"
    RATE = "/s"
    COUNT = "count"


class Quantity(float):
    """A float read from text; the subclasses say what it is a number of."""

    expected = "a number"

    @classmethod
    def read(cls, text: str) -> Self:
        """The value of `text`, or ValueError with what was expected."""
        raise NotImplementedError

    @classmethod
    def _refuse(cls, text: str) -> ValueError:
        return ValueError(f"expected {cls.expected}, found {text!r}")


class Duration(Quantity):
    """Seconds; written `500ms`, `10s`, `1.5h`, `1h30m`, or a bare number of seconds."""

    expected = "a duration such as 500ms, 10s or 1h30m"

    @classmethod
    def read(cls, text: str) -> Self:
        body, total, position = text.strip(), 0.0, 0
        if re.fullmatch(_NUMBER, body):
            return cls(float(body))
        while position < len(body):
            part = _DURATION_PART.match(body, position)
            if part is None:
                raise cls._refuse(text)
            total += float(part[1]) * _DURATION_UNITS[part[2]]
            position = part.end()
        if not body:
            raise cls._refuse(text)
        return cls(total)


class Share(Quantity):
    """A share of one, from 0 to 1; written `99.9%` or `0.999`."""

    expected = "a share such as 0.1% or 0.001"

    @classmethod
    def read(cls, text: str) -> Self:
        body = text.strip()
        percent = body.endswith("%")
        try:
            value = float(body.rstrip("%")) / (100.0 if percent else 1.0)
        except ValueError:
            raise cls._refuse(text) from None
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"expected a share between 0% and 100%, found {text!r}")
        return cls(value)


class Rate(Quantity):
    """Per second of scenario time, at full size; written `500/s`, `30k/min`."""

    expected = "a rate such as 500/s or 12k/min"

    @classmethod
    def read(cls, text: str) -> Self:
        found = re.fullmatch(rf"\s*({_NUMBER})\s*([kM]?)\s*/\s*(s|min|m|h)\s*", text)
        if found is None:
            raise cls._refuse(text)
        return cls(float(found[1]) * _COUNT_UNITS[found[2]] / _DURATION_UNITS[found[3]])


class Count(Quantity):
    """A whole number of people or things; written `3_240_000`, `7.12M`, `500k`."""

    expected = "a whole number such as 2000, 3_240_000 or 7.12M"

    @classmethod
    def read(cls, text: str) -> Self:
        found = re.fullmatch(rf"\s*({_NUMBER})\s*([kM]?)\s*", text)
        if found is None:
            raise cls._refuse(text)
        value = float(found[1]) * _COUNT_UNITS[found[2]]
        if value < 0 or abs(value - round(value)) > 1e-6:
            raise cls._refuse(text)
        return cls(round(value))


class Bound(str):
    """One side of a limit: the text as written, with its value and unit.

    `500ms` is seconds, `0.1%` a share, `2000/s` a rate, a bare number a count.
    """

    __slots__ = ("unit", "value")
    value: float
    unit: Unit

    @classmethod
    def read(cls, text: str) -> Self:
        """The bound of `text`, or ValueError with what was expected."""
        for unit, reader in ((Unit.COUNT, Count), (Unit.SHARE, Share), (Unit.RATE, Rate), (Unit.SECONDS, Duration)):
            if unit is Unit.SHARE and not text.strip().endswith("%"):
                continue
            with contextlib.suppress(ValueError):
                bound = cls(text.strip())
                bound.value, bound.unit = float(reader.read(text)), unit
                return bound
        raise ValueError(f"expected a bound such as 500ms, 0.1%, 2000/s or 100, found {text!r}")


class Speed(str):
    """Seconds of scenario time in a wall second, or `jump`: none of it passes on the wall."""

    __slots__ = ("factor",)
    factor: float
    """infinite for a jump"""

    @classmethod
    def read(cls, text: str) -> Self:
        """The speed of `text`, or ValueError with what was expected."""
        body = text.strip()
        factor = math.inf if body == "jump" else float(body) if re.fullmatch(_NUMBER, body) else 0.0
        if factor <= 0:
            raise ValueError(f"expected a speed above 0 such as 30, or jump, found {text!r}")
        speed = cls(body)
        speed.factor = factor
        return speed


def decode(kind: type, value: Any) -> Any:
    """msgspec's hook for the quantities and every word with a `read`: text in, value out."""
    if issubclass(kind, Quantity) and isinstance(value, int | float):
        return kind(value)
    if hasattr(kind, "read"):
        return kind.read(str(value))
    raise NotImplementedError(kind)


def encode(value: Any) -> Any:
    """msgspec's hook the other way: a quantity is written as its plain number, a word as its text."""
    return float(value) if isinstance(value, Quantity) else str(value)


_BELOW = 0.9995
"""what comes nearer to a whole unit than this would be rounded up to a thousand of the smaller one"""


def show(value: float, unit: Unit) -> str:
    """The value as a person would write it: 0.0123 s → `12.3 ms`, 0.999 → `99.9 %`."""
    if unit is Unit.SECONDS:
        for size, name in ((1e-3, "µs"), (1.0, "ms")):
            if abs(value) < size * _BELOW and value:
                return f"{value * 1e3 / size:.3g} {name}"
        return f"{value:.4g} s" if value < 1000 else f"{value:.0f} s"
    if unit is Unit.SHARE:
        return f"{value * 100:.4g} %"
    if unit is Unit.RATE:
        return f"{value:,.1f}/s"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 * _BELOW else f"{value:,.3g}"


def lasting(seconds: float) -> str:
    """A length of time as people say it: `4.1 s`, `28 min 23 s`, `14 h 3 min`; `∞` for one that has no end."""
    if not math.isfinite(seconds):
        return "∞"
    if abs(seconds) < 60:
        return show(seconds, Unit.SECONDS)
    sign, whole = ("−" if seconds < 0 else ""), round(abs(seconds))
    if whole < 7200:
        return f"{sign}{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(whole / 60)
    return f"{sign}{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
