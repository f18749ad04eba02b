"""Putting buckets together loses no sample, no worst latency and no taint."""

import math
from collections.abc import Mapping

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rushproof.render.columns import columns
from rushproof.report import Report, Timeline


def timeline(rates: list[float], worst: list[float | None], tainted: list[bool]) -> Timeline:
    size = len(rates)
    return Timeline(
        at=tuple(map(float, range(size))), clock=("",) * size, offered=tuple(rates), due=tuple(rates), outcomes={"ok": tuple(rates)},
        served=tuple(rates), p50=tuple(worst), p99=tuple(worst), in_flight=(0,) * size, tainted=tuple(tainted),
    )  # fmt: skip


BUCKET = st.tuples(st.floats(0, 1e6), st.one_of(st.none(), st.floats(0, 100)), st.booleans())


@given(st.lists(BUCKET, min_size=1, max_size=60), st.integers(1, 20))
def test_whatever_the_width_sums_worst_cases_and_taints_stay(buckets: list[tuple[float, float | None, bool]], most: int) -> None:
    rates, worst, tainted = (list(column) for column in zip(*buckets, strict=True))

    thin = columns(timeline(rates, worst, tainted), most)

    sizes = [min(thin.each, len(rates) - begin) for begin in range(0, len(rates), thin.each)]
    assert len(thin.at) <= most
    assert math.isclose(sum(rate * size for rate, size in zip(thin.due, sizes, strict=True) if rate is not None), sum(rates), abs_tol=1e-6)
    assert max((value for value in thin.p99 if value is not None), default=None) == max((v for v in worst if v is not None), default=None)
    assert any(thin.tainted) == any(tainted)


def test_a_short_run_is_shown_bucket_by_bucket(reports: Mapping[str, Report]) -> None:
    thin = columns(reports["pass"].timeline, 320)

    assert (thin.each, thin.width, thin.due) == (1, 1.0, reports["pass"].timeline.due)


def test_outcomes_that_never_came_are_left_out(reports: Mapping[str, Report]) -> None:
    assert "error" in reports["pass"].timeline.outcomes
    assert "error" not in columns(reports["pass"].timeline, 10).outcomes


def test_buckets_shorter_than_a_second_keep_their_length(reports: Mapping[str, Report]) -> None:
    short = reports["pass"].timeline
    short = msgspec.structs.replace(short, at=tuple(at / 10 for at in short.at))

    assert math.isclose(columns(short, 30).width, 0.3)
