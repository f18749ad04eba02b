"""Duties: called when they are due, by the one who leads, whatever happened the last time."""

import asyncio
from collections.abc import Callable

from fake_backend.clock import Clock
from fake_backend.database import Away
from fake_backend.duties import Duty, perform
from fake_backend.facts import ClockSetting
from fake_backend.group_commit import NotStored

DEADLINE = 60.0


async def performed(duty: Duty, clock: Clock, enough: Callable[[], bool], leads: Callable[[], bool] = lambda: True) -> None:
    task = asyncio.create_task(perform(duty, clock, leads))
    async with asyncio.timeout(DEADLINE):
        while not enough():
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_duty_is_called_at_the_moment_it_asked_for(wall, run) -> None:
    clock, calls = Clock(ClockSetting(wall(), 10.0, wall()), wall), []

    async def do(now: float) -> float:
        calls.append(now)
        if len(calls) == 1:
            wall.advance(0.25)  # two seconds and a half of the clock
        return now + 2.0

    run(performed(Duty("count", do), clock, lambda: len(calls) >= 2))
    assert calls[1] >= calls[0] + 2.0


def test_a_duty_that_failed_is_called_again(wall, run, caplog) -> None:
    clock, problems = Clock(ClockSetting(0.0, 1.0, wall()), wall), [NotStored("away"), Away("away"), ValueError("a bug")]
    calls = []

    async def do(now: float) -> float:
        calls.append(now)
        if problems:
            raise problems.pop(0)
        return now + 1e6

    run(performed(Duty("stumble", do), clock, lambda: len(calls) >= 4))
    assert [record.getMessage() for record in caplog.records] == ["the duty stumble failed"]  # a database that is away is no news


def test_a_clock_that_is_set_forward_wakes_a_duty(wall, run) -> None:
    clock, calls = Clock(ClockSetting(0.0, 1.0, wall()), wall), []

    async def do(now: float) -> float:
        calls.append(now)
        if now < 5000:
            clock.setting = ClockSetting(5000.0, 1.0, wall())
        return 5000.0 if now < 5000 else now + 1e6

    run(performed(Duty("wait", do), clock, lambda: len(calls) >= 2))
    assert calls == [0.0, 5000.0]


def test_only_who_leads_performs(wall, run) -> None:
    clock, calls, leads = Clock(ClockSetting(0.0, 1.0, wall()), wall), [], [False]

    async def do(now: float) -> float:
        calls.append(now)
        return now + 1e6

    async def scene() -> None:
        task = asyncio.create_task(performed(Duty("lead", do), clock, lambda: bool(calls), lambda: leads[0]))
        await asyncio.sleep(0.1)
        assert not calls
        leads[0] = True
        await task

    run(scene())
