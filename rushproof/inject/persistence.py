"""Trying again until it works: a mend that does not come off at once is not given up, and not kept quiet either."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from rushproof.errors import FaultError

PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
_LATER = (408, 425, 429)


class Refused(FaultError):
    """A definite no: whoever asks again is told the same."""


def definite(status: int) -> bool:
    """Whether an HTTP status says no for good, and not only for now."""
    return 300 <= status < 500 and status not in _LATER


async def persist(what: str, attempt: Callable[[], Awaitable[None]], within: float, mends: bool) -> None:
    """Returns when `attempt` does; after `within` seconds the FaultError that it raised last, and where that is Refused, at once.

    `mends`: nobody takes no for an answer; the first failure is said on the standard error, and also that it came off after all.
    """
    tries, ends = 0, time.monotonic() + within
    while True:
        try:
            await attempt()
        except FaultError as problem:
            if isinstance(problem, Refused) and not mends:
                raise FaultError(f"{what} was refused: {problem}") from None
            pause = PAUSES[min(tries, len(PAUSES) - 1)]
            tries += 1
            if tries == 1 and mends:
                print(f"{what} did not work, and is tried again for up to {within:g} s: {problem}", file=sys.stderr)
            if time.monotonic() + pause > ends:
                raise FaultError(f"{what} did not work: {problem} (tried {tries} times)") from None
            await asyncio.sleep(pause)
        else:
            if tries and mends:
                print(f"{what} worked after {tries + 1} tries", file=sys.stderr)
            return
