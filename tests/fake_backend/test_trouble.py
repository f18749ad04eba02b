"""What faults do to requests, to the database and to the clock, and that nothing is left of them."""

import asyncio
import time

import aiohttp
import pytest

from fake_backend.switches import Switches

databases = ("sqlite",)  # `test_switches` turns all of them on and off on both
SPARED = ("/health", "/switches", "/metrics", "/clock", "/settings", "/open", "/incidents", "/ledger/daybook.csv", "/openapi.json")


async def gone(guest, name: str) -> None:
    """Turned off."""
    assert (await guest("DELETE", f"/switches/{name}"))[1]["active"] is False


def test_who_is_refused_is_told_so_and_nothing_is_done(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest("PUT", "/switches/refuse", {"ttl": 60, "retry_after": 7})
            status, problem, headers = await guest.reserve()
            assert (status, problem["code"], headers["Retry-After"]) == (503, "out_of_order", "7")
            await guest("PUT", "/switches/refuse", {"ttl": 60})
            assert "Retry-After" not in (await guest.reserve())[2]
            assert [(await guest("GET", path))[0] for path in SPARED] == [200] * len(SPARED)
            await gone(guest, "refuse")
            assert (await guest.reserve())[0] == 201 and len(await guest.rows()) == 1

    run(scene())


def test_only_the_paths_that_are_named_are_concerned(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest("PUT", "/switches/refuse", {"ttl": 60, "path": "/gateway/notices"})
            assert (await guest.reserve())[0] == 201
            assert (await guest("POST", "/gateway/notices", {}))[1]["code"] == "out_of_order"

    run(scene())


def test_only_a_share_is_concerned(opened, serving, run, wall) -> None:
    throws = iter([0.1, 0.5])
    lies = Switches(clock=wall, chance=lambda: next(throws))

    async def scene() -> None:
        async with serving(lies=lies) as guest:
            await guest("PUT", "/switches/refuse", {"ttl": 60, "share": 0.5})
            assert [(await guest.reserve("p1", "k1"))[0], (await guest.reserve("p2", "k2"))[0]] == [503, 201]

    run(scene())


def test_what_is_slow_is_done_and_answered_later(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest("PUT", "/switches/slow", {"ttl": 60, "delay": 0.5})
            begun = time.monotonic()
            asked = asyncio.create_task(guest.reserve())
            while not await guest.rows():
                assert not asked.done()
                await asyncio.sleep(0.01)
            assert (await asked)[0] == 201 and time.monotonic() - begun >= 0.5
            begun = time.monotonic()
            assert (await guest.reserve("p2", "k2", round_="nonsense"))[0] == 422 and time.monotonic() - begun >= 0.5

    run(scene())


@pytest.mark.parametrize(("done", "rows"), [(False, 0), (True, 1)])
def test_a_connection_is_cut_off_before_or_after_it_was_done(serving, run, done: bool, rows: int) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest("PUT", "/switches/drop", {"ttl": 60, "done": done})
            with pytest.raises(aiohttp.ClientConnectionError):
                await guest.reserve()
            assert len(await guest.rows()) == rows
            await gone(guest, "drop")
            assert (await guest.reserve())[0] == 201 and len(await guest.rows()) == 1

    run(scene())


def test_a_connection_is_cut_off_though_what_would_have_been_answered_is_a_refusal(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest("PUT", "/switches/drop", {"ttl": 60, "done": True})
            with pytest.raises(aiohttp.ClientConnectionError):
                await guest("GET", "/orders")

    run(scene())


def test_what_hangs_is_answered_when_it_is_over_and_not_before(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            for end in ("ttl", "DELETE"):
                await guest("PUT", "/switches/hang", {"ttl": 60})
                asked = [asyncio.create_task(guest.reserve(f"{end}{n}", f"{end}{n}")) for n in range(3)]
                await asyncio.sleep(0.2)
                assert not any(task.done() for task in asked)
                if end == "ttl":
                    wall.advance(60)
                else:
                    await gone(guest, "hang")
                assert [status for status, _, _ in await asyncio.gather(*asked)] == [201] * 3
            assert len(await guest.rows()) == 6

    run(scene())


def test_hanging_ends_though_it_is_slow_as_well(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest("PUT", "/switches/slow", {"ttl": 600, "delay": 0.01})
            await guest("PUT", "/switches/hang", {"ttl": 6})
            asked = asyncio.create_task(guest.reserve())
            await asyncio.sleep(0.1)
            assert not asked.done()
            wall.advance(6)
            assert (await asked)[0] == 201

    run(scene())


def test_a_database_that_is_away_promises_nothing_and_comes_back(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            assert (await guest.reserve("p1", "k1"))[0] == 201
            await guest("PUT", "/switches/database_away", {"ttl": 60})
            refused = [await guest.reserve("p2", "k2"), await guest("GET", "/orders?person=p1"), await guest("POST", "/incidents", {})]
            assert [(status, body["code"]) for status, body, _ in refused] == [(503, "database_away")] * 3
            assert (await guest("GET", "/health"))[0] == 200
            wall.advance(60)
            async with asyncio.timeout(60):
                while (await guest.reserve("p2", "k2"))[0] != 201:
                    await asyncio.sleep(0.02)
            assert (await guest("GET", "/orders?person=p1"))[0] == 200
            assert [row[1] for row in await guest.rows()] == ["p1", "p2"]

    run(scene())


def test_a_skewed_clock_decides_and_is_not_shown(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest("PUT", "/clock", {"now": "2022-04-01T09:30:00", "turns": [{"at": "2022-04-01T09:40:00", "speed": 7}]})
            await guest("PUT", "/switches/clock_skew", {"ttl": 60, "by": 3600})
            assert (await guest("GET", "/clock"))[1]["now"].startswith("2022-04-01T09:30")
            assert (await guest.reserve())[1]["code"] == "round_closed"
            await guest("PUT", "/switches/clock_skew", {"ttl": 60, "by": -3600})
            assert (await guest.reserve())[1]["code"] == "round_not_open"
            await gone(guest, "clock_skew")
            assert (await guest.reserve())[0] == 201

    run(scene())


def test_while_nothing_is_wrong_every_handler_stands_in_its_own_place(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            doors = guest.backend.metrics.doors
            placed: dict[str, object] = {}
            for route, door in doors.items():
                door.put = lambda handler, route=route: placed.update({route: handler})
            await guest("PUT", "/switches/slow", {"ttl": 60, "delay": 1})
            assert "POST /reservations" in placed and "GET /switches" not in placed
            assert all(placed[route] is not doors[route].handler for route in placed)
            wall.advance(60)
            async with asyncio.timeout(60):
                while placed["POST /reservations"] is not doors["POST /reservations"].handler:
                    await asyncio.sleep(0.01)
            assert all(placed[route] is doors[route].handler for route in placed)

    run(scene())
