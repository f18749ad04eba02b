"""The recovery in verdict.json: the four clocks by name, and everything that they were told by."""

from typing import Annotated, Literal

import msgspec

from rushproof.clocks import Amplification, Became, Clock, Compared, Goodput, Loss, Milestone, Recovery, Switched
from rushproof.recovery_measures import clock_of

Meta = msgspec.Meta


class RecoveryVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill measured.  Each clock says which time it is in; everything else that has seconds is wall time."""

    service: Annotated[Clock, Meta(description="told by the load: intents are good again, and stay so")]
    backlog: Annotated[
        Clock, Meta(description="told by what the drill names for it: what was accepted and is not final is no more than before")
    ]
    ledger: Annotated[Clock, Meta(description="told by what the drill names for it: no outcome is unknown, and no difference open")]
    customer: Annotated[Clock, Meta(description="told by what the drill names for it: everybody affected is in a final state and was told")]
    detection: Annotated[Clock, Meta(description="since the onset, by the target's own alarm")]
    masking: Annotated[float | None, Meta(description="wall seconds from the injection to the first harm that users could see")]
    stability: Literal["recovered", "slow", "metastable", "unknown"]
    stability_why: str
    baseline: Annotated[float | None, Meta(description="share of good intents before; null where it was not steady")]
    baseline_n: int
    baseline_why: str
    loss: Loss | None
    amplification: Annotated[Amplification | None, Meta(description="tries an intent")]
    drain: Annotated[float | None, Meta(description="backlog: time needed ÷ time predicted from its rates at the mend")]
    goodput: Annotated[tuple[Goodput, ...], Meta(description="by step, while the fault lasted")]
    tries: Annotated[float | None, Meta(description="the median affected person's, while the fault lasted")]
    people: Annotated[tuple[Became, ...], Meta(description="at each moment of the scenario's time `affected` is the sum of `became`")]
    compared: Annotated[tuple[Compared, ...], Meta(description="the table expected, measured, happened")]
    compared_with: Annotated[str, Meta(description="what `happened` is of")]
    milestones: tuple[Milestone, ...]
    faults: tuple[Switched, ...]
    not_the_incident: Annotated[str, Meta(description="one sentence where what happened was not what the drill is about")]


def recovery_verdict(recovery: Recovery) -> RecoveryVerdict:
    """The recovery in the published shape."""
    kept = {name: getattr(recovery, name) for name in RecoveryVerdict.__struct_fields__ if hasattr(recovery, name)}
    clocks = {name: clock_of(recovery, name) for name in ("service", "backlog", "ledger", "customer")}
    return RecoveryVerdict(**(kept | clocks))
