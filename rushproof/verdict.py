"""The judgement of a run: findings, each with its status and one sentence, and the worst of them."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

import msgspec

from rushproof.errors import CANNOT_TELL, FAIL, PASS
from rushproof.quantity import Unit


class Status(StrEnum):
    """Three values, and a fourth that leaves the verdict alone."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_CLAIMED = "not claimed"


Expected = Literal["pass", "fail"]
"""a verdict that a scenario can ask for"""
_SEVERITY = {Status.NOT_CLAIMED: 0, Status.PASS: 1, Status.UNKNOWN: 2, Status.FAIL: 3}
_EXIT_CODES = {Status.PASS: PASS, Status.UNKNOWN: CANNOT_TELL, Status.FAIL: FAIL}


class Kind(StrEnum):
    """What was judged."""

    LIMIT = "limit"
    INVARIANT = "invariant"
    HEALTH = "health"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One judged limit, invariant or health fact."""

    name: str
    kind: Kind
    status: Status
    sentence: str
    """what was found against what was expected, for a reader who has only this line"""
    measured: float | None = None
    low: float | None = None
    """the measured interval, where the figure is one (a censored quantile)"""
    high: float | None = None
    bound: float | None = None
    """in the same unit as `measured`, multiplied by scale and speed where it bounds a rate"""
    unit: Unit | None = None
    n: int = 0
    """how many things it looked at; none is `unknown`"""
    compressed: bool = False
    """the figure was taken at a speed other than 1 and carries over only as far as DESIGN §4 says"""
    examples: tuple[str, ...] = ()
    """for an invariant: the first few violations, masked"""


def worst(findings: Iterable[Finding]) -> Status:
    """The verdict: fail > unknown > pass; no finding at all is `unknown`."""
    return gravest(finding.status for finding in findings)


def gravest(statuses: Iterable[Status]) -> Status:
    """Of several statuses the one that counts: fail > unknown > pass; of none, or of nothing claimed, `unknown`."""
    status = max(statuses, key=_SEVERITY.__getitem__, default=Status.UNKNOWN)
    return Status.UNKNOWN if status is Status.NOT_CLAIMED else status


def exit_code(status: Status) -> int:
    """0 pass, 1 fail, 3 cannot tell."""
    return _EXIT_CODES[status]
