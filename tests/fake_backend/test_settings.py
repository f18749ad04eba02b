"""Moments and lengths as people write them, and settings that make a day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_backend.settings import DEFAULTS, Length, Moment, read, shown

databases = ("sqlite",)  # nothing here depends on it


@given(st.integers(0, 99 * 86400))
def test_a_moment_is_written_as_it_is_read(seconds: int) -> None:
    assert Moment.read(str(Moment(seconds))) == seconds


@given(st.integers(0, 99), st.sampled_from(["s", "min", "h", "d"]))
def test_a_length_is_written_as_it_is_read(number: int, unit: str) -> None:
    assert Length.read(str(Length.read(f"{number}{unit}"))) == Length.read(f"{number}{unit}")


def test_the_defaults_are_a_day_of_the_app() -> None:
    assert [shown(DEFAULTS)[name] for name in ("open", "close", "publish", "pay_by", "pay_again_within", "shops", "identity")] == [
        "09:00", "10:00", "18:00", "1d 18:00", "12h", 2000, "open",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        (["open=10:00"], "close: expected a moment after open"),
        (["publish=10:10"], "publish: expected a moment after draw"),
        (["pay_by=3d 09:00", "pickup_by=2d 18:00"], "pickup_by: expected a moment after pay_by"),
        (["close=1d 09:00", "draw=1d 09:30", "publish=1d 10:00"], "close: expected a moment of the round's day"),
        (["shop_closes=09:59"], "shop_closes: expected a clock time after shop_opens"),
        (["open=nine"], "expected a clock time such as 09:00"),
        (["share=0"], "^share: expected"),
        (["verifier_away=maybe"], "^verifier_away: invalid"),
        (["tempo=3"], "expected NAME=VALUE"),
    ],
)
def test_settings_that_make_no_day_are_refused_with_what_is_wrong(pairs: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(pairs)


def test_they_are_shown_to_whoever_asks(serving, run) -> None:
    async def scene() -> None:
        async with serving(settings=read(["open=08:00", "verifier_away=admit", "share=0.01"])) as guest:
            status, settings, _ = await guest("GET", "/settings")
            assert status == 200
            assert (settings["open"], settings["verifier_away"], settings["share"], settings["doubt_after"]) == (
                "08:00",
                "admit",
                0.01,
                "15s",
            )
            assert "secret" not in str(settings)

    run(scene())
