"""What the drill did: each fault as it was switched, and the moments from which everything else is counted."""

from collections.abc import Mapping, Sequence

import msgspec

from rushproof.clocks import Switched
from rushproof.drill import AnyFault
from rushproof.injection import Injection, Interval


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """From the first fault to the last mend; wall seconds since the start."""

    faults: tuple[Switched, ...]
    injected: Interval | None
    """when the first fault came; None where none did"""
    mended: Interval | None
    """when the last one went; None where that is not known of all of them"""
    why: str
    """one sentence where one of the two is missing"""

    @property
    def length(self) -> float | None:
        """Wall seconds from the first fault to the last mend."""
        return None if self.injected is None or self.mended is None else self.mended.confirmed - self.injected.asked


def course(faults: Mapping[str, AnyFault], injections: Sequence[Injection], until: float) -> Course:
    """The course of a drill as it was written down, up to the end of the load at the wall second `until`.

    What was asked for several times began with the first that was confirmed, and ended with the last.
    """
    switched = tuple(one for name, fault in faults.items() if (one := _switched(name, fault, injections, until)) is not None)
    began = [Interval(*_sure(one.injected)) for one in switched]
    ended = [Interval(one.mended[0], one.mended[1]) for one in switched if one.mended[1] is not None]
    injected = min(began, key=lambda each: each.asked, default=None)
    missing = [one.fault for one in switched if one.mended[1] is None]
    why = ""
    if not switched:
        why = "no fault was switched on"
    elif missing:
        why = f"nobody could confirm that {' and '.join(missing)} ended"
    mended = max(ended, key=lambda each: each.confirmed) if ended and not missing else None
    return Course(faults=switched, injected=injected, mended=mended, why=why)


def _switched(name: str, fault: AnyFault, injections: Sequence[Injection], until: float) -> Switched | None:
    on = [one for one in injections if one.fault == name and one.what == "inject"]
    off = [one for one in injections if one.fault == name and one.what == "mend"]
    if not on:
        return None
    sure = next((one for one in on if one.confirmed is not None), on[0])
    last = next((one for one in reversed(off) if one.confirmed is not None), off[-1] if off else None)
    return Switched(
        fault=name, kind=str(type(fault).__struct_config__.tag), on=fault.on,
        injected=(sure.asked, sure.confirmed),
        mended=(last.asked, last.confirmed) if last is not None else (until, None),
        mended_by=last.by if last is not None else "",
        late=(sure.confirmed if sure.confirmed is not None else sure.asked) - sure.due,
        problem="; ".join(dict.fromkeys(one.problem for one in (*on, *off) if one.problem)) or ("" if off else "it was never mended"),
    )  # fmt: skip


def _sure(interval: tuple[float, float | None]) -> tuple[float, float]:
    """An interval that was not confirmed lasts no time: it is the asking that is known."""
    asked, confirmed = interval
    return asked, asked if confirmed is None else confirmed
