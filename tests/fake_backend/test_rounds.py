"""Rounds: at the moments of the settings, and closed for good once they are frozen."""

import datetime as dt

from fake_backend.facts import moment
from fake_backend.rounds import offered, state
from fake_backend.settings import read

CLOSE = moment(dt.datetime(2022, 4, 1, 10))


def test_the_settings_say_when_a_round_opens_and_closes() -> None:
    settings = read(["open=08:30", "close=08:45:30"])
    round_ = offered(dt.date(2022, 4, 2), settings)[1]

    assert (round_.round, round_.open) == ("2022-04-02.r2", moment(dt.datetime(2022, 4, 2, 8, 30)))
    assert [state(round_, round_.open + seconds) for seconds in (-0.001, 0, 929.999, 930)] == ["waiting", "open", "open", "closed"]
    assert round_.on(settings.pay_by) == moment(dt.datetime(2022, 4, 3, 18))


def test_what_is_on_offer_has_its_price(serving, run) -> None:
    async def scene() -> None:
        async with serving(settings=read(["open=08:30"])) as guest:
            rounds = (await guest("GET", "/rounds"))[1]["rounds"]
            assert [round_["price"] for round_ in rounds] == [249_900, 359_900, 459_900, 118_800]
            assert rounds[0]["open"] == "2022-04-01T08:30:00"

    run(scene())


def test_a_round_on_offer_keeps_its_hours_when_the_settings_change(serving, run) -> None:
    async def scene() -> None:
        async with serving():
            pass
        async with serving(settings=read(["open=09:30"])) as guest:
            assert (await guest("GET", "/rounds"))[1]["rounds"][0]["open"] == "2022-04-01T09:00:00"
            assert (await guest.reserve())[0] == 201

    run(scene())


def test_a_frozen_round_takes_nobody_though_the_clock_is_set_back(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            assert (await guest.reserve())[0] == 201
            await guest("PUT", "/clock", {"now": "2022-04-01T10:00:00"})
            await guest.backend.site.entries.settled(CLOSE)
            for at in ("2022-04-01T09:30:00", "2022-04-01T08:00:00"):
                await guest("PUT", "/clock", {"now": at})
                assert (await guest.reserve("p2", "k2"))[1]["code"] == "round_closed"
                assert (await guest("GET", "/rounds"))[1]["rounds"][0]["state"] == "closed"
            status, body, _ = await guest.reserve()  # what was promised before is promised still
            assert (status, body["sequence"]) == (201, 1)
            await guest("PUT", "/clock", {"now": "2022-04-02T09:30:00"})
            assert (await guest.reserve("p2", "k2", "2022-04-02.r1"))[0] == 201
        async with serving() as guest:
            assert (await guest.reserve("p3", "k3"))[1]["code"] == "round_closed"

    run(scene())
