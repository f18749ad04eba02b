"""Trying again until it works: a mend that does not come off at once is not given up, and not kept quiet either."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from rushproof.errors import FaultError

PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)


async def persist(what: str, attempt: Callable[[], Awaitable[None]], within: float, loud: bool) -> None:
    """Returns when `attempt` does; after `within` seconds the FaultError that it raised last.

    `loud`: the first failure is said on the standard error, and also that it came off after all.
    """
    tries, ends = 0, time.monotonic() + within
    while True:
        try:
            await attempt()
        except FaultError as problem:
            pause = PAUSES[min(tries, len(PAUSES) - 1)]
            tries += 1
            if tries == 1 and loud:
                print(f"{what} did not work, and is tried again: {problem}", file=sys.stderr)
            if time.monotonic() + pause > ends:
                raise FaultError(f"{what} did not work: {problem} (tried {tries} times)") from None
            await asyncio.sleep(pause)
        else:
            if tries and loud:
                print(f"{what} worked after {tries + 1} tries", file=sys.stderr)
            return
