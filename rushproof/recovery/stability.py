"""Whether a service that does not come back is slow, or held down by what its failure makes of the load: metastable.

A metastable failure persists when its trigger is gone, because something that it caused keeps it going (Bronson et al., HotOS 2021).
That is told by procedure: the load is held, people go on trying again, and for several times the length of the fault, or of the time that
the backlog should have needed, the share of good intents stays down while there are more tries than ever.
"""

from typing import Literal, NamedTuple

from rushproof.clocks import Amplification
from rushproof.recovery.service import Served

FAULTS, DRAINS = 5.0, 3.0
"""how long is waited: in lengths of the fault, in predicted drains of the backlog"""
MORE = 1.2
"""tries an intent, as a multiple of the baseline's, from which on the load is held up by its own failures"""


class Stability(NamedTuple):
    """What it is called, and why."""

    word: Literal["recovered", "slow", "metastable", "unknown"]
    why: str = ""


def stability(
    found: Served | str,
    mended: float,
    end: float,
    length: float,
    drain: float | None,
    tries: Amplification | None,
    retries: bool,
) -> Stability:
    """What to call it; wall seconds.

    `end`: up to where it was looked.  `length`: of the fault.  `drain`: the predicted one, where there was a backlog.
    """
    if isinstance(found, str):
        return Stability("unknown", found)
    patience = max(FAULTS * length, DRAINS * (drain or 0.0))
    waited = f"{patience:.4g} s, {_reason(length, drain)}"
    if found.status == "recovered" and found.at is not None:
        took = found.at - mended
        return Stability("recovered") if took <= patience else Stability("slow", f"it took {took:.4g} s, longer than {waited}")
    if found.status == "unknown":
        return Stability("unknown", found.why)
    if found.well:
        return Stability("slow", "it was well for a time, and did not stay so")
    if end - mended < patience:
        return Stability(
            "unknown", f"it was looked at for {end - mended:.4g} s after the mend; to tell, the load has to be held for {waited}"
        )
    if not retries:
        return Stability("unknown", "nobody tries again in this drill, so the load cannot be held up by retries")
    if tries is None:
        return Stability("unknown", "how often people tried is not known")
    more = tries.after / tries.before
    if more > MORE:
        return Stability("metastable", f"it did not come back in {waited}, while each intent was tried {more:.3g} times as often as before")
    return Stability("slow", f"it did not come back in {waited}, but people tried no more than {more:.3g} times as often as before")


def _reason(length: float, drain: float | None) -> str:
    if drain is not None and DRAINS * drain > FAULTS * length:
        return f"{DRAINS:g} times what the backlog should have needed"
    return f"{FAULTS:g} times the length of the fault"
