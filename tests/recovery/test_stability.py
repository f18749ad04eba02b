"""What a service that does not come back is called."""

from typing import Any

import pytest

from rushproof.clocks import Amplification
from rushproof.recovery.service import Served
from rushproof.recovery.stability import stability

CALM, STORM = Amplification(before=1.0, during=3.0, after=1.1), Amplification(before=1.0, during=3.0, after=2.5)
DOWN = Served(status="not recovered", resolution=5.0, well=False)


def called(found: Served | str = DOWN, **more: Any) -> str:
    """The word for it: mended at 100, looked at until 500, after a fault of 60 s, unless said otherwise."""
    fields: dict[str, Any] = {"mended": 100.0, "end": 500.0, "length": 60.0, "drain": None, "tries": STORM, "retries": True}
    return stability(found, **(fields | more)).word


def test_down_for_long_with_more_tries_than_before_is_metastable() -> None:
    assert called() == "metastable"


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"tries": CALM}, "slow"),
        ({"end": 399.0}, "unknown"),
        ({"drain": 140.0}, "unknown"),
        ({"drain": 90.0}, "metastable"),
        ({"retries": False}, "unknown"),
        ({"tries": None}, "unknown"),
    ],
    ids=["no more tries", "not held long enough", "a long drain", "a short drain", "nobody tries again", "tries unknown"],
)
def test_anything_less_is_not_called_metastable(more: dict[str, Any], word: str) -> None:
    assert called(**more) == word


def test_what_was_well_for_a_time_is_slow() -> None:
    assert called(Served(status="not recovered", resolution=5.0, well=True)) == "slow"


def test_what_came_back_in_time_is_recovered_and_what_took_longer_is_slow() -> None:
    assert called(Served(status="recovered", at=399.0, resolution=5.0)) == "recovered"
    assert called(Served(status="recovered", at=450.0, resolution=5.0), end=900.0) == "slow"


def test_what_could_not_be_told_is_unknown_with_its_reason() -> None:
    assert stability("no baseline", 100.0, 500.0, 60.0, None, STORM, True) == ("unknown", "no baseline")
    assert stability(Served(status="unknown", resolution=5.0, why="too few"), 100.0, 500.0, 60.0, None, STORM, True) == (
        "unknown",
        "too few",
    )
