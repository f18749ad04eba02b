"""What a drill needs before it can be played: a guard, a place for each fault, an injector that has reached it."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from rushproof.drill_check import TARGET
from rushproof.errors import FaultError, InputError, TargetError
from rushproof.faults import NetworkFault
from rushproof.inject import injector
from rushproof.inject.guarding import Guarding, Mend, guarding
from rushproof.inject.place import Place
from rushproof.journal import Actions
from rushproof.plan import Transport
from rushproof.run.company import Company
from rushproof.run.drill import Director, acts, check_menders
from rushproof.run.hooks import environment
from rushproof.run.options import Options
from rushproof.run.preparation import Prepared
from rushproof.run.secret import masked, resolved
from rushproof.run.telling import Telling


@contextlib.asynccontextmanager
async def rehearsal(
    prepared: Prepared, who: Company, options: Options, folder: Path, run: str, telling: Telling
) -> AsyncIterator[Director | None]:
    """The director of the scenario's drill, with everything reached; None where there is no drill.

    InputError where a fault could not be begun, or nobody would mend it.
    """
    drill, plan = prepared.scenario.drill, prepared.plan
    if drill is None:
        yield None
        return
    async with contextlib.AsyncExitStack() as ending:
        try:
            guard = await ending.enter_async_context(guarding(folder))
        except FaultError as problem:
            raise TargetError(f"{problem}; nothing was started") from None
        known = Known(prepared, who, options.beside, folder, run, guard)
        injectors = {name: injector(fault, known.place(name, fault.on)) for name, fault in drill.faults.items()}
        director = Director(acts(drill, plan.timetable, plan.pace, injectors), Actions(folder), telling.heard, telling.aborted)
        try:
            check_menders(injectors, options.accept_unguarded)
            await director.ready()
            yield director
        finally:
            await director.close()


async def unreached(prepared: Prepared, who: Company, options: Options, folder: Path) -> tuple[tuple[str, str], ...]:
    """Each fault that could not be begun, by name, and why; none is begun.

    Faults of the network are left out: their proxies stand only while a run does.
    """
    faults = {} if prepared.scenario.drill is None else prepared.scenario.drill.faults
    known = Known(prepared, who, options.beside, folder, "check", Guarding(folder))
    told = []
    for name, fault in faults.items():
        if isinstance(fault, NetworkFault):
            continue
        one = injector(fault, known.place(name, fault.on))
        try:
            check_menders({name: one}, options.accept_unguarded)
            await one.ready()
        except (FaultError, InputError) as problem:
            told.append((name, str(problem)))
        finally:
            await one.close()
    return tuple(told)


class Known:
    """Everybody on whom a fault of one run can be."""

    def __init__(self, prepared: Prepared, who: Company, beside: Path, folder: Path, run: str, guard: Guarding) -> None:
        self._transport, self._who, self._beside, self._folder, self._guard = prepared.plan.transport, who, beside, folder, guard
        self._environment = environment(who.target.url, run, who.urls, folder)

    def place(self, fault: str, name: str) -> Place:
        """Where a fault on `name` is; one on somebody whom the run does not know is beside the target."""
        known = name if name in self._who.beside else TARGET
        member = self._who.member(known)

        async def restart() -> None:
            try:
                await self._who.restart(known)
            except TargetError as problem:
                raise FaultError(str(problem)) from None

        return Place(
            name=name,
            url=member.target.url,
            http=member.http,
            guard=_Named(self._guard, fault),
            beside=self._beside,
            folder=self._folder,
            ready=member.target.spec.ready,
            transport=self._transport if known == TARGET else Transport(),
            pid=lambda: member.target.pid,
            restart=restart if member.target.ours else None,
            passage=self._who.passages.get(name),
            environment=self._environment,
            resolved=lambda words: resolved(words, self._beside),
            masked=masked,
        )


class _Named(Guarding):
    """The guard as the injector of one fault has it: what it holds, and then mends, is written down as that fault's."""

    def __init__(self, guard: Guarding, fault: str) -> None:
        self._guard, self._fault = guard, fault

    async def hold(self, key: str, told: str, until: float, mend: Mend) -> None:
        await self._guard.hold(f"{self._fault}/{key}", told, until, mend)

    async def leave(self, key: str, until: float) -> bool:
        return await self._guard.leave(f"{self._fault}/{key}", until)

    async def release(self, key: str) -> None:
        await self._guard.release(f"{self._fault}/{key}")
