"""An arm that was asked for: the verdict that is expected of it, and what came of it."""

from collections.abc import Iterable, Sequence

import msgspec

from rushproof.report import Report
from rushproof.verdict import Expected, Status, gravest


class Arm(msgspec.Struct, frozen=True):
    """One column of a page that sets arms side by side."""

    name: str
    stated: Expected | None = None
    """what its scenario says it should come to; None: nothing, and then it has to pass"""
    report: Report | None = None
    """None where it never ran"""

    @property
    def expected(self) -> Expected:
        """The verdict with which it is as it should be."""
        return self.stated or "pass"

    @property
    def stood(self) -> Status:
        """Pass where it came to what was expected, fail where to the contrary, unknown where nobody can tell."""
        if self.report is None or self.report.verdict is Status.UNKNOWN:
            return Status.UNKNOWN
        return Status.PASS if self.report.verdict.value == self.expected else Status.FAIL

    @property
    def told(self) -> str:
        """`expected fail, found pass`."""
        return f"expected {self.expected}, {'never ran' if self.report is None else f'found {self.report.verdict.value}'}"


def together(arms: Iterable[Arm]) -> Status:
    """The verdict of all of them: the gravest of how each stood beside what was expected of it."""
    return gravest(arm.stood for arm in arms)


def sentence(arms: Sequence[Arm]) -> str:
    """The verdict of all of them, with each that did not come to what was expected."""
    apart = [f"{arm.name}: {arm.told}" for arm in arms if arm.stood is not Status.PASS]
    return f"Together: {together(arms).value}; {'; '.join(apart) or 'each came to what was expected of it'}."
