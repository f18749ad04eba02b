from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rushproof.frame import CELL, Visits
from rushproof.recorded import COUNTED
from rushproof.sample import Distribution, Outcome
from rushproof.summary import Span, Summary, total

samples = st.tuples(st.sampled_from(Outcome), st.floats(0, 30), st.floats(0, 59), st.booleans())


def _cells(summary: Summary) -> dict[Any, list[list[int]]]:
    return {key: [column.tolist() for column in cells] for key, cells in summary.cells.items()}


@given(st.lists(samples, max_size=40), st.randoms(use_true_random=False))
def test_segments_give_the_same_summary_in_any_order(new_history: Callable[[], Any], told: list[Any], random: Any) -> None:
    history = new_history()
    parts = []
    for outcome, took, at, last in told:
        history.sample(outcome, took, at, last=last)
        if random.random() < 0.3:
            parts.append(_wide(history.tally.cells()))
    parts.append(_wide(history.tally.cells()))
    manifest, recorded = history.told()

    straight = Summary.of(manifest, msgspec.structs.replace(recorded, cells=np.concatenate(parts)))
    random.shuffle(parts)
    mixed = Summary.of(manifest, msgspec.structs.replace(recorded, cells=np.concatenate(parts)))

    assert _cells(straight) == _cells(mixed)
    due = straight.histograms(Distribution.RESPONSE, straight.whole, step="reserve")
    assert sum(int(counts.sum()) for counts in due.values()) == len(told)
    intents = straight.histograms(Distribution.INTENT, straight.whole, step="reserve")
    assert sum(int(counts.sum()) for counts in intents.values()) == sum(last for *_, last in told)


@given(st.lists(samples, max_size=40), st.integers(0, 60))
def test_two_halves_of_the_time_add_up_to_the_whole(new_history: Callable[[], Any], told: list[Any], cut: int) -> None:
    history = new_history()
    for outcome, took, at, last in told:
        history.sample(outcome, took, at, last=last)
    summary = history.summary()

    def counted(span: Span) -> int:
        return sum(int(counts.sum()) for counts in summary.histograms(Distribution.RESPONSE, span).values())

    assert counted(Span(0, cut)) + counted(Span(cut, 60)) == len(told)


def test_a_window_is_placed_on_the_wall_by_the_speed(history: Any) -> None:
    history.manifest = {"speed": 5.0, "elapsed": 12.0}
    assert history.summary().span("rush") == Span(0, 2)


def test_a_window_is_clipped_by_what_was_run(history: Any) -> None:
    history.manifest = {"elapsed": 4.0}
    assert history.summary().span("rush") == Span(0, 4)


def test_a_window_outside_of_what_was_run_is_none(history: Any) -> None:
    assert history.summary().span("eve") == "the window eve lies outside of what was run"


def test_a_window_shorter_than_a_bucket_is_none(history: Any) -> None:
    history.manifest = {"speed": 40.0, "elapsed": 1.5}
    assert "less than a journal bucket of 1 s" in str(history.summary().span("rush"))


def test_a_run_begun_later_moves_its_windows(history: Any) -> None:
    history.manifest = {"first": 32395.0, "elapsed": 65.0}
    assert history.summary().span("rush") == Span(5, 15)


def test_visits_that_nobody_reported_the_end_of_are_lost(history: Any) -> None:
    history.visit(times=7).visit(Outcome.UNFINISHED).visit(Outcome.MISSED, times=2)
    history.manifest = {"offered": {"reservers": 15}}

    counts = total(history.summary().visits)

    assert (counts.offered, counts.finished, counts.unfinished, counts.missed, counts.lost) == (15, 7, 1, 2, 5)


def test_visits_that_were_in_flight_when_a_worker_fell_silent_are_lost(history: Any) -> None:
    history.recorded = {"visits": {"reservers": Visits(offered=10, finished=6, in_flight=4)}}
    history.manifest = {"offered": {"reservers": 10}}

    counts = history.summary().visits["reservers"]

    assert (counts.offered, counts.finished, counts.lost) == (10, 6, 4)


def test_a_crowd_in_a_closed_loop_offers_no_visits(history: Any) -> None:
    history.recorded = {"closed": frozenset({"reservers"})}
    history.manifest = {"offered": {"reservers": 9}}

    assert history.summary().visits == {}


def test_a_harness_that_died_is_known_as_far_as_its_last_frame(history: Any) -> None:
    history.manifest = {"elapsed": 0.0}
    history.recorded = {"until": 12.0}
    assert history.summary().elapsed == 12.0


def _wide(data: bytes) -> Any:
    narrow = np.frombuffer(data, CELL)
    cells = np.empty(len(narrow), COUNTED)
    for name in COUNTED.names or ():
        cells[name] = narrow[name]
    return cells
