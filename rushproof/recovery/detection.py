"""When the target itself noticed: its own alarm, from the first harm on."""

import numpy as np

from rushproof.clocks import Clock
from rushproof.recovery.points import Points


def detection(alarm: Points | str, injected: float, harmed: float | None, end: float) -> Clock:
    """The alarm's readings, above 0 while it rings, against when harm began; all in wall seconds.

    It rang some time after the last look that found it silent.
    """
    if isinstance(alarm, str):
        return Clock(status="unknown", time="wall", why=alarm)
    if harmed is None:
        return Clock(status="unknown", time="wall", why="no harm was seen that it could have been rung for")
    if (alarm.before(injected) or 0.0) > 0:
        return Clock(status="unknown", time="wall", why="the alarm was ringing already when the first fault came")
    within = (alarm.at > injected) & (alarm.at <= end)
    at, rings = alarm.at[within], alarm.open[within] > 0
    if not len(at):
        return Clock(status="unknown", time="wall", why="nobody looked at the alarm after the first fault")
    if not rings.any():
        return Clock(status="not recovered", time="wall", low=max(float(at[-1]) - harmed, 0.0), n=len(at), why="the alarm never rang")
    place = int(np.argmax(rings))
    silent = float(at[place - 1]) if place else injected
    rang = float(at[place])
    seconds = max(rang - harmed, 0.0)
    return Clock(
        status="recovered", time="wall", seconds=seconds, low=min(max(silent - harmed, 0.0), seconds), high=seconds,
        resolution=rang - silent, since_onset=seconds, n=len(at),
    )  # fmt: skip
