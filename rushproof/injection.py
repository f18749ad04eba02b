"""What a drill did: one fault begun or ended, and when it was asked and confirmed."""

from typing import Literal

import msgspec


class Interval(msgspec.Struct, frozen=True):
    """From when something was asked for to when it was confirmed: what happened lies between."""

    asked: float
    confirmed: float


class Injection(msgspec.Struct, frozen=True, kw_only=True):
    """One switching; times are wall seconds since the start of the load."""

    fault: str
    """its name in the scenario"""
    what: Literal["inject", "mend"]
    due: float
    asked: float
    confirmed: float | None = None
    """None where nobody could confirm it, and `problem` says why"""
    by: Literal["harness", "guard", "target"] = "harness"
    """who did it"""
    problem: str = ""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Something that people noted while a drill ran."""

    at: float
    text: str
