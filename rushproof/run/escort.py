"""What goes with the load: commands before and after it, probes and a drill beside it, and what may end it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from rushproof.errors import LoadError
from rushproof.journal import Readings
from rushproof.run.company import Company
from rushproof.run.drill import Director
from rushproof.run.hooks import Hooks
from rushproof.run.interrupt import Interrupt
from rushproof.run.lookout import Halt, Lookout, Lookouts
from rushproof.run.options import Options
from rushproof.run.preparation import Prepared
from rushproof.run.probes import Probes
from rushproof.run.rehearsal import rehearsal
from rushproof.run.secret import resolved
from rushproof.run.stopping import Stopping
from rushproof.run.telling import Telling


class Escort:
    """Everything of one run that is neither the target nor the load."""

    def __init__(self, prepared: Prepared, options: Options, folder: Path, lookout: Lookout | None) -> None:
        plan = prepared.plan
        self._prepared, self._options, self._folder = prepared, options, folder
        clock, pace = plan.timetable.clock, plan.pace
        stopping = Stopping(prepared.standing, plan.workers, lambda at: clock(pace.at(at)))
        self.lookout = Lookouts(stopping, lookout)
        """what the rush shows every frame to"""
        self._probes = Probes(prepared.questions, stopping, plan.transport, Readings(folder), options.beside)
        self._hooks = Hooks(prepared.scenario, options.beside, folder)
        self.telling = _telling(prepared, options)
        """who is told of the drill"""
        self._failed = ""
        self._director: Director | None = None
        self._who: Company | None = None

    @contextlib.asynccontextmanager
    async def around(self, who: Company, run: str, interrupt: Interrupt) -> AsyncIterator[None]:
        """The commands before, the first answer of what stop rules hang on, and all that a drill needs, reached.

        At the end, however it comes, the commands after.
        """
        url, others, self._who = who.target.url, who.urls, who
        try:
            await interrupt.until(self._hooks.before(url, run, others))
            await interrupt.until(self._probes.answered())
            async with contextlib.AsyncExitStack() as ending:
                made = rehearsal(self._prepared, who, self._options, self._folder, run, self.telling)
                self._director = await interrupt.until(ending.enter_async_context(made))
                yield
        finally:
            with contextlib.suppress(LoadError):
                await interrupt.until(self.telling.done(), interrupt.hurry)
            try:
                self._failed = await interrupt.until(self._hooks.after(url, run, others), interrupt.hurry)
            except LoadError:
                self._failed = "the commands after the load were cut off: interrupted"

    @contextlib.asynccontextmanager
    async def beside(self, start: float, heed: Callable[[Halt], Awaitable[None]], cut: asyncio.Event) -> AsyncIterator[None]:
        """Probes and the drill, from now until the end of the block; `heed` is told where one gives a reason to end the load.

        Where arrivals end before their time, which sets `cut`, the drill is over and everything is mended.
        """
        async with self._probes.running(start, heed, self._who):
            if self._director is None:
                yield
                return
            async with self._director.running(start, cut):
                yield

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should be told of it."""
        drill = () if self._director is None else self._director.notes
        return (*self._probes.notes, *drill, *self.telling.notes, *([self._failed] if self._failed else []))


def _telling(prepared: Prepared, options: Options) -> Telling:
    """InputError where somebody is to be told who cannot be."""
    scenario, plan = prepared.scenario, prepared.plan
    urls = () if scenario.drill is None else tuple(resolved(scenario.drill.tell, options.beside))
    called = f"{scenario.name} ({options.arm})" if options.arm else scenario.name
    return Telling(urls, called, lambda wall: plan.timetable.clock(plan.pace.at(wall)))
