"""How long times are said."""

import pytest

from rushproof.recovery.compared import lasting


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "0 s"), (0.42, "0.42 s"), (41.5, "41.5 s"), (59.96, "1 min"), (2340.0, "39 min"), (2338.0, "38 min 58 s"), (86_399.7, "1 d"),
     (93_800.0, "1 d 2 h")],
)  # fmt: skip
def test_seconds_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert lasting(seconds) == said
