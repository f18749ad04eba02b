"""The target and what runs beside it: started in order, waited for, set to the scenario's time, ended with all their children."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from pathlib import Path

import aiohttp
import msgspec

from rushproof.drill import DrillSpec
from rushproof.drill_check import TARGET
from rushproof.errors import InputError
from rushproof.plan import Plan, Transport
from rushproof.run.clock import set_again, set_clock
from rushproof.run.control import control_session
from rushproof.run.proxied import Front, Fronts, fronts
from rushproof.run.target import Target, start
from rushproof.scenario import TargetSpec

_POLL = 0.2
"""wall seconds between two questions whether all are quiet"""
_ELSEWHERE = re.compile(r"\{(\w+)\}(/.*)$", re.DOTALL)


class Member(msgspec.Struct, frozen=True):
    """One of the company, and the session that reaches it and nobody else."""

    target: Target
    http: aiohttp.ClientSession


class Company:
    """The target, and by name what this run started beside it."""

    def __init__(self, target: Member, beside: Mapping[str, Member], front: Front, standing: Fronts) -> None:
        self.target, self.http, self.beside = target.target, target.http, beside
        self.front = front
        """where the load goes: to the target, or to the proxy that a drill has in front of it"""
        self.passages = standing.passages
        """the proxy of each on whom a network fault is"""
        self._all = (*beside.values(), target, *(() if standing.process is None else (Member(*standing.process),)))
        self._target = target
        self._clocked: tuple[Plan, float] | None = None

    async def set_clocks(self, plan: Plan, start: float) -> None:
        """Every clock shows the timetable's `from` at unix time `start`; TargetError where one cannot be set."""
        self._clocked = plan, start
        await together(
            *(
                set_clock(each.http, each.target.url + each.target.spec.clock, plan.timetable, plan.pace, start)
                for each in self._all
                if each.target.spec.clock is not None
            )
        )

    async def settled(self, within: float) -> str:
        """Returns when all that can be asked are quiet at once, or after so many wall seconds: then what the first that is not answers."""
        ends = time.monotonic() + within
        while True:
            answers = await asyncio.gather(*(each.target.quiet(each.http) for each in self._all))
            told = next((answer for answer in answers if answer), "")
            if not told or time.monotonic() >= ends:
                return told
            await asyncio.sleep(_POLL)

    def member(self, name: str) -> Member:
        """The target itself (`target`), or one beside it; KeyError for anybody else."""
        return self._target if name == TARGET else self.beside[name]

    async def restart(self, name: str) -> None:
        """Start one of them again, who has ended; returns when it is ready and shows the time.  TargetError if not."""
        one = self.member(name)
        await one.target.restart()
        await one.target.ready(one.http)
        if one.target.spec.clock is not None and self._clocked is not None:
            await set_again(one.http, one.target.url + one.target.spec.clock, *self._clocked)

    def way(self, path: str) -> tuple[aiohttp.ClientSession, str]:
        """The session and the URL of a path: the target's, or of one beside it (`{NAME}/path`).  InputError where that was not started."""
        name, rest = elsewhere(path)
        if name is None:
            return self.http, self.target.url + rest
        if name not in self.beside:
            raise InputError(f"it is for {name} to give, which is started beside a target that this run starts, and was not")
        return self.beside[name].http, self.beside[name].target.url + rest

    @property
    def urls(self) -> Mapping[str, str]:
        """Where those beside the target are."""
        return {name: member.target.url for name, member in self.beside.items()}

    @property
    def lost(self) -> tuple[str, ...]:
        """Who was ours and had ended by itself before it was stopped."""
        return tuple(each.target.name for each in self._all if each.target.lost)


async def together(*waits: Coroutine[object, object, None]) -> None:
    """All of them at once; where one fails the others are ended before it is told, so that none still asks when its session is closed."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def elsewhere(path: str) -> tuple[str | None, str]:
    """The name of the process beside the target whose path it is, None for the target itself; and the path on it."""
    found = _ELSEWHERE.match(path)
    return (None, path) if found is None else (found[1], found[2])


@contextlib.asynccontextmanager
async def company(spec: TargetSpec, url: str | None, folder: Path, plan: Plan, drill: DrillSpec | None = None) -> AsyncIterator[Company]:
    """All of them, what runs beside the target ready, the target itself perhaps not yet; none that we started is left afterwards.

    `url`: of a target that runs already.  Who is named in a command is ready before that command is started.  Where the drill spoils
    somebody's network, the others and the load are told the URL of a proxy in front; what this run asks itself goes past it.
    """
    blanks = {"speed": f"{plan.speed:g}", "scale": f"{plan.scale:g}"}
    beside: dict[str, Member] = {}
    ready: set[str] = set()

    async def wait_for(names: set[str]) -> None:
        await together(*(beside[name].target.ready(beside[name].http) for name in names - ready))
        ready.update(names)

    async with contextlib.AsyncExitStack() as ending:
        standing = await ending.enter_async_context(fronts(drill, plan, folder))
        for name, each in spec.beside.items():
            await wait_for({other for other in beside if f"{{{other}}}" in each.command})
            beside[name] = await _joined(ending, await start(each, folder, blanks, name), Transport(), "", ())
            blanks[name] = (await standing.front(name, beside[name].target.url)).url
        await wait_for(set(beside))
        ours = url is None and spec.command is not None
        target = await start(spec, folder, blanks) if ours else Target((url or spec.url).rstrip("/"), spec)
        member = await _joined(ending, target, plan.transport, plan.own_host, plan.addresses)
        yield Company(member, beside, await standing.front(TARGET, target.url), standing)


async def _joined(
    ending: contextlib.AsyncExitStack, target: Target, transport: Transport, own_host: str, networks: Sequence[str]
) -> Member:
    ending.push_async_callback(target.stop)
    return Member(target, await ending.enter_async_context(control_session(target.url, transport, own_host, networks)))
