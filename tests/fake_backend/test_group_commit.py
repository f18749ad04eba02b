"""Group commit, shedding and a database that fails, with a database moved by hand."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from fake_backend.database import Away, Batch
from fake_backend.facts import ClockSetting, Reservation, Round

databases = ("sqlite",)


class Drawer:
    """A database in memory that stores a batch when told to, or fails to."""

    def __init__(self) -> None:
        self.rows: list[Reservation] = []
        self.handed: list[tuple[Batch, Callable[[Exception | None], None]]] = []
        self.alone = True
        """Store every batch at once, without being told."""
        self.batches: list[int] = []

    def commit(self, batch: Batch, done: Callable[[Exception | None], None]) -> None:
        self.handed.append((batch, done))
        if self.alone:
            self.settle()

    def settle(self, problem: Exception | None = None) -> None:
        batch, done = self.handed.pop(0)
        if problem is None:
            self.rows += batch.reservations
            self.batches.append(len(batch.reservations))
        done(problem)

    def prepare(self, schema: Iterable[str]) -> None:
        """It keeps no tables."""

    away = False

    def leads(self) -> bool:
        return True

    async def read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        if "frozen_rounds" in sql:  # asked at the start
            return []
        raise Away("it keeps no tables")

    def marks(self) -> Iterator[tuple[int, str, str, str]]:
        return iter([(row.sequence, row.person, row.round, row.key) for row in self.rows])

    def reservation(self, sequence: int) -> Reservation | None:
        return next((row for row in self.rows if row.sequence == sequence), None)

    def rounds(self) -> list[Round]:
        return []

    def clock(self) -> ClockSetting | None:
        return None

    def reservations_csv(self, after: int, limit: int) -> str:
        return ""

    rounds_csv = reservations_csv

    def close(self) -> None:
        self.alone = True


async def _handed(drawer: Drawer) -> None:
    async with asyncio.timeout(60):
        while not drawer.handed:
            await asyncio.sleep(0)


async def _waiting(guest, depth: int) -> None:
    async with asyncio.timeout(60):
        while guest.backend.ledger.commits.depth < depth:
            await asyncio.sleep(0)


def _ask(guest, *numbers: int) -> list["asyncio.Task[tuple[int, dict, dict]]"]:
    return [asyncio.create_task(guest.reserve(f"p{number}", f"k{number}")) for number in numbers]


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


def test_whoever_comes_during_a_commit_goes_into_the_next_one(serving, run, drawer) -> None:
    async def scene() -> None:
        async with serving(drawer) as guest:
            drawer.alone = False
            drawer.batches.clear()
            first = _ask(guest, 1)
            await _handed(drawer)
            rest = _ask(guest, 2, 3, 4, 5)
            await _waiting(guest, 5)
            assert not any(task.done() for task in first + rest)
            drawer.settle()
            await first[0]
            await _handed(drawer)
            drawer.settle()
            assert sorted([(await task)[1]["sequence"] for task in rest]) == [2, 3, 4, 5]
            assert drawer.batches == [1, 4]

    run(scene())


def test_a_commit_that_fails_promises_nothing_and_the_next_one_numbers_on_without_a_gap(serving, run, drawer) -> None:
    async def scene() -> None:
        async with serving(drawer) as guest:
            assert (await guest.reserve("p0", "k0"))[1]["sequence"] == 1
            drawer.alone = False
            under_way = _ask(guest, 1)
            await _handed(drawer)
            behind = _ask(guest, 2, 3)
            await _waiting(guest, 3)
            drawer.settle(OSError("no space left on device"))
            for task in under_way + behind:
                status, problem, headers = await task
                assert (status, problem["code"]) == (503, "not_stored")
                assert "Retry-After" not in headers
            drawer.alone = True
            again = [await guest.reserve(f"p{number}", f"k{number}") for number in (3, 1, 2)]
            assert [(answer[0], answer[1]["sequence"]) for answer in again] == [(201, 2), (201, 3), (201, 4)]
            assert [row.sequence for row in drawer.rows] == [1, 2, 3, 4]

    run(scene())


def test_what_cannot_be_held_is_shed_at_once_with_a_time_to_come_again(serving, run, drawer) -> None:
    async def scene() -> None:
        async with serving(drawer, most_waiting=3) as guest:
            drawer.alone = False
            held = _ask(guest, 1)
            await _handed(drawer)
            held += _ask(guest, 2, 3)
            await _waiting(guest, 3)
            guest.backend.ledger.commits.rate = 0.4
            status, problem, headers = await guest.reserve("p4", "k4")
            assert (status, problem["code"]) == (429, "overloaded")
            assert headers["Retry-After"] == "8"  # three at 0.4 a second, in whole seconds
            assert "fake_backend_shed_total 1.0" in (await guest("GET", "/metrics"))[1]
            drawer.settle()
            await _handed(drawer)
            drawer.settle()
            assert sorted([(await task)[0] for task in held]) == [201, 201, 201]
            drawer.alone = True
            assert (await guest.reserve("p4", "k4"))[0] == 201

    run(scene())


def test_a_retry_while_the_first_is_still_waiting_waits_with_it(serving, run, drawer) -> None:
    async def scene() -> None:
        async with serving(drawer) as guest:
            drawer.alone = False
            tries = _ask(guest, 1, 1)
            await _handed(drawer)
            looked_up = asyncio.create_task(guest("GET", "/reservations/1"))
            done, _ = await asyncio.wait([*tries, looked_up], timeout=0.05)
            assert not done
            drawer.settle()
            answers = [await task for task in tries]
            assert answers[0][:2] == answers[1][:2]
            assert (await looked_up)[1] == answers[0][1]

    run(scene())
