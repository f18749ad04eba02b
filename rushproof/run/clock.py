"""The target's clock, set so that it shows the timetable's beginning at the very moment load begins."""

import datetime as dt
import time
from typing import Any

import aiohttp

from rushproof.errors import TargetError
from rushproof.pace import Pace
from rushproof.plan import Plan
from rushproof.timetable import Timetable

_PATIENCE = aiohttp.ClientTimeout(total=5.0)

_NEAR = 0.5
"""wall seconds that a clock may be off and is let be"""
_TURNS = ": a timetable with stretches needs a clock that takes `turns`"


async def set_clock(http: aiohttp.ClientSession, url: str, timetable: Timetable, pace: Pace, start: float) -> None:
    """PUT the scenario time of now, the speed, and where both turn; `start` is the unix time at which the clock is to show `from`.

    The answer to a first question says how long the way takes; half of it is added, so that the clock is right when it is set and
    not when it was sent.  TargetError where the target does not take it.
    """
    way = await _way(http, url)
    at = pace.at(time.time() + way / 2 - start)
    body: dict[str, Any] = {"now": _shown(timetable, at), "speed": pace.first_speed}
    if turns := pace.turns():
        body["turns"] = [{"at": _shown(timetable, turn.at), "to": _shown(timetable, turn.to), "speed": turn.speed} for turn in turns]
    try:
        async with http.put(url, json=body, allow_redirects=False, timeout=_PATIENCE) as answer:
            if answer.status // 100 != 2:
                said = (await answer.text())[:200]
                raise TargetError(f"PUT {url} {body}: {answer.status} {said}; expected 2xx{_TURNS if turns else ''}")
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        raise TargetError(f"PUT {url}: {str(problem) or type(problem).__name__}") from None


async def set_again(http: aiohttp.ClientSession, url: str, plan: Plan, start: float) -> None:
    """Set the clock of somebody who was started once more, where it has not gone on by itself."""
    timetable, pace = plan.timetable, plan.pace
    off = await clock_off(http, url, timetable, pace, start)
    now = time.time()
    if off is None or abs(off) > _NEAR * (pace.at(now - start + 1.0) - pace.at(now - start)):
        await set_clock(http, url, timetable, timetable.pace(plan.speed, pace.at(now - start)), now)


async def clock_off(http: aiohttp.ClientSession, url: str, timetable: Timetable, pace: Pace, start: float) -> float | None:
    """Seconds of scenario time that the clock is ahead of what it was set to, by `now` of its GET; None where it does not say."""
    begun = time.time()
    try:
        async with http.get(url, allow_redirects=False, timeout=_PATIENCE) as answer:
            shown = dt.datetime.fromisoformat(str((await answer.json(content_type=None))["now"]))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError):
        return None
    expected = timetable.datetime(pace.at((begun + time.time()) / 2 - start))
    return (shown.replace(tzinfo=None) - expected).total_seconds()


def _shown(timetable: Timetable, at: float) -> str:
    return timetable.datetime(at).isoformat(timespec="milliseconds")


async def _way(http: aiohttp.ClientSession, url: str) -> float:
    """Seconds of one question and answer, on the connection that the next will use."""
    try:
        async with http.get(url, allow_redirects=False, timeout=_PATIENCE) as answer:
            await answer.read()
        begun = time.monotonic()
        async with http.get(url, allow_redirects=False, timeout=_PATIENCE) as answer:
            await answer.read()
        return time.monotonic() - begun
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        raise TargetError(f"GET {url}: {str(problem) or type(problem).__name__}") from None
