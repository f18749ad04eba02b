"""The server's clock: set, sped up, and going on while nobody is there."""

import pytest


def test_a_clock_nobody_set_begins_at_the_opening(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            assert (await guest("GET", "/clock"))[1] == {"now": "2022-04-01T09:00:00.000", "speed": 1.0}
            wall.advance(1.5)
            assert (await guest("GET", "/rounds"))[1]["now"] == "2022-04-01T09:00:01.500"

    run(scene())


def test_a_set_clock_runs_at_its_speed_and_on_through_a_restart(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            status, shown, _ = await guest("PUT", "/clock", {"now": "2022-04-01T08:59:50", "speed": 40})
            assert (status, shown) == (200, {"now": "2022-04-01T08:59:50.000", "speed": 40.0})
            wall.advance(0.25)
            assert (await guest("GET", "/clock"))[1]["now"] == "2022-04-01T09:00:00.000"
        wall.advance(10)
        async with serving() as guest:
            assert (await guest("GET", "/clock"))[1] == {"now": "2022-04-01T09:06:40.000", "speed": 40.0}

    run(scene())


def test_a_clock_far_ahead_stops_at_the_end_of_time(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest("PUT", "/clock", {"now": "2199-12-31T23:59:59", "speed": 1e6})
            wall.advance(1e9)
            for path in ("/clock", "/rounds", "/health"):
                assert (await guest("GET", path))[0] == 200

    run(scene())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"now": "yesterday"}, "now"),
        ({"now": "2022-04-01T09:00:00Z"}, "now"),
        ({"now": "0001-01-01T00:00:00"}, "now"),
        ({"speed": 2}, "now"),
        ({"now": "2022-04-01T09:00:00", "speed": 0}, "speed"),
        ({"now": "2022-04-01T09:00:00", "speed": "fast"}, "speed"),
        ({"now": "2022-04-01T09:00:00", "tempo": 2}, "tempo"),
    ],
)
def test_a_wrong_setting_changes_nothing_and_names_its_field(serving, run, body: dict, field: str) -> None:
    async def scene() -> None:
        async with serving() as guest:
            status, problem, _ = await guest("PUT", "/clock", body)
            assert (status, problem["code"], problem["field"]) == (422, "bad_field", field)
            assert (await guest("GET", "/clock"))[1] == {"now": "2022-04-01T09:00:00.000", "speed": 1.0}

    run(scene())
