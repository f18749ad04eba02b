"""Duties: what has to be done at a moment of the server's clock, whoever asks for it.

A duty looks what is due, does it in pieces small enough not to keep anybody waiting, and says when it wants to be called again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from fake_backend.clock import Clock
from fake_backend.database import Away
from fake_backend.group_commit import NotStored

log = logging.getLogger(__name__)

_LONGEST: Final = 0.25
"""wall seconds that a duty sleeps at most: the clock may be set meanwhile"""


class Duty(msgspec.Struct, frozen=True):
    """Something to be done at moments of the clock: `do(now)` does what is due, and says at which moment it wants to be called again
    (now or earlier: at once)."""

    name: str
    do: Callable[[float], Awaitable[float]]


async def perform(duty: Duty, clock: Clock, leads: Callable[[], bool] = lambda: True) -> None:
    """Call the duty whenever it is due, until cancelled; a failure is told and tried again a little later."""
    while True:
        wait = _LONGEST
        if leads():
            try:
                wait = clock.wall_until(await duty.do(clock.now()))
            except (NotStored, Away):
                wait = _LONGEST  # the database is away
            except Exception:
                log.exception("the duty %s failed", duty.name)
        await asyncio.sleep(min(max(wait, 0.0), _LONGEST))
