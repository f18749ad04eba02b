"""What goes with the load: commands before and after it, probes beside it, and what may end it."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

from rushproof.errors import LoadError
from rushproof.journal import Readings
from rushproof.run.hooks import Hooks
from rushproof.run.interrupt import Interrupt
from rushproof.run.lookout import Halt, Lookout, Lookouts
from rushproof.run.preparation import Prepared
from rushproof.run.probes import Probes
from rushproof.run.stopping import Stopping


class Escort:
    """Everything of one run that is neither the target nor the load."""

    def __init__(self, prepared: Prepared, beside: Path, folder: Path, lookout: Lookout | None) -> None:
        plan = prepared.plan
        clock, pace = plan.timetable.clock, plan.pace
        stopping = Stopping(prepared.standing, plan.workers, lambda at: clock(pace.at(at)))
        self.lookout = Lookouts(stopping, lookout)
        """what the rush shows every frame to"""
        self._probes = Probes(prepared.questions, stopping, plan.transport, Readings(folder))
        self._hooks = Hooks(prepared.scenario, beside, folder)
        self._failed = ""

    @contextlib.asynccontextmanager
    async def around(self, url: str, run: str, interrupt: Interrupt, others: Mapping[str, str] = {}) -> AsyncIterator[None]:
        """The commands before, and the first answer of what stop rules hang on; at the end, however it comes, the commands after."""
        try:
            await interrupt.until(self._hooks.before(url, run, others))
            await interrupt.until(self._probes.answered())
            yield
        finally:
            try:
                self._failed = await interrupt.until(self._hooks.after(url, run, others), interrupt.hurry)
            except LoadError:
                self._failed = "the commands after the load were cut off: interrupted"

    def beside(self, start: float, heed: Callable[[Halt], Awaitable[None]]) -> contextlib.AbstractAsyncContextManager[None]:
        """Probes, from now until the end of the block; `heed` is told where one gives a reason to end the load."""
        return self._probes.running(start, heed)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should be told of it."""
        return (*self._probes.notes, *([self._failed] if self._failed else []))
