"""The duty of the draw: brings every round's draw forward, all of them side by side."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from fake_backend.draw.stages import Stages
from fake_backend.facts import Round
from fake_backend.group_commit import NotStored
from fake_backend.outbox import Unreachable

log = logging.getLogger(__name__)

_LATER: Final = 3600.0


class Progress:
    """Is called whenever it is due, and at least a few times a second."""

    def __init__(self, stages: Stages, on_record: Callable[[], Awaitable[list[Round]]]) -> None:
        self._stages, self._on_record = stages, on_record
        self._done: set[str] = set()

    async def __call__(self, now: float) -> float:
        """Bring forward what can be; when to be called again."""
        rounds = [round_ for round_ in await self._on_record() if round_.round not in self._done]
        due = [round_ for round_ in rounds if round_.close <= now]
        went_on = await asyncio.gather(*[self._forward(round_, now) for round_ in due])
        return now if any(went_on) else min([round_.close for round_ in rounds if round_.close > now], default=now + _LATER)

    async def under_way(self, now: float) -> int:
        """How many draws have something to do at this moment."""
        found = 0
        for round_ in await self._on_record():
            if round_.close <= now and round_.round not in self._done and await self._stages.is_due(round_, now):
                found += 1
        return found

    async def _forward(self, round_: Round, now: float) -> bool:
        """Go on with one draw as long as there is something to do; what fails is tried again a little later, and stops no other draw."""
        went_on = False
        try:
            while await self._stages.forward(round_, now):
                went_on = True
            if await self._stages.is_over(round_):
                self._done.add(round_.round)
        except (Unreachable, NotStored) as problem:
            log.debug("the draw of %s waits: %s", round_.round, problem)
        except Exception:
            log.exception("the draw of %s could not go on", round_.round)
        return went_on
