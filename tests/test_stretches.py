"""Stretches in a scenario: what cannot be meant is refused in its place, and windows are judged at the speed of theirs."""

import msgspec
import numpy as np
import pytest

from rushproof.compression import mistakes
from rushproof.errors import ScenarioError
from rushproof.quantity import decode, encode
from rushproof.run.planning import crowd_plans, cut, plan_of
from rushproof.scenario_file import read_scenario
from rushproof.schedule import Schedule
from rushproof.stretch_check import mixed
from rushproof.timetable import Moment, Stretch

TEXT = """\
about: A day with a jump over its afternoon
target: {url: "http://127.0.0.1:1", clock: /clock}
timetable:
  from: open
  to: publish + 10min
  moments: {open: 09:00, close: open + 1h, publish: 18:00}
  stretches:
    - {from: open, to: close + 5min, speed: 30}
    - {from: close + 5min, to: publish - 1min, speed: jump}
    - {from: publish, to: publish + 10min, speed: 12.5}
windows:
  rush: {from: open, to: open + 1min}
  day: {from: open, to: publish}
crowds:
  reservers:
    persona: reserve
    people: 36k
    arrivals: {shape: opening, from: open, to: close}
  watchers:
    persona: watch
    people: 6k
    arrivals: {shape: steady, from: publish, for: 5min}
speed: 60
"""


def read(*changes, text=TEXT):
    return read_scenario(text, "day.yaml", "day", [(change.partition("=")[0], change.partition("=")[2]) for change in changes]).scenario


def plan(scenario, first=None, last=None, workers=1):
    part = cut(scenario.timetable, first and Moment.read(first), last and Moment.read(last))
    return plan_of(scenario, crowd_plans(scenario, dict.fromkeys(scenario.crowds, "x.py"), None), part, workers, None)


def test_the_day_takes_as_long_as_its_stretches():
    whole = plan(read())

    assert whole.pace.wall(whole.timetable.end) == pytest.approx(3900 / 30 + 60 / 60 + 600 / 12.5)


def test_people_come_as_fast_as_their_stretch_goes():
    whole = plan(read())
    reservers, watchers = (Schedule(whole, crowd).by_second() for crowd in (0, 1))

    assert reservers.sum() == 36_000 and not reservers[120:].any()
    assert watchers[131:155] == pytest.approx(np.full(24, 6_000 / 24), abs=2)
    assert watchers.sum() == 6_000


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(
    ("first", "last"), [("open + 30min", "publish + 1min"), ("11:00", "publish + 10min"), ("publish", "publish + 5min")]
)
def test_a_cut_keeps_who_comes_when_and_leaves_out_what_it_leaves_out(first, last, workers):
    scenario = read()
    whole, part = plan(scenario), plan(scenario, first, last, workers)
    begin, end = (scenario.timetable.at(Moment.read(each)) for each in (first, last))

    for crowd in (0, 1):
        block = Schedule(whole, crowd).block(100_000)
        at = [whole.pace.at(due * 1e-6) for due in block.due.tolist()]
        expected = sorted(
            (number, person) for number, person, when in zip(block.number, block.person, at, strict=True) if begin <= when < end
        )
        blocks = [Schedule(msgspec.structs.replace(part, worker=worker), crowd).block(100_000) for worker in range(workers)]
        found = sorted(pair for each in blocks for pair in zip(each.number, each.person, strict=True))
        assert len(found) == pytest.approx(len(expected), abs=1)  # who is due on the very edge falls to either side by its microseconds
        assert set(found[1:-1]) <= set(expected)


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        (("timetable.stretches.0.speed=0",), "timetable.stretches.0.speed", "expected a speed above 0 such as 30, or jump, found '0'"),
        (("timetable.stretches.0.speed=jmup",), "timetable.stretches.0.speed", "found 'jmup'"),
        (("timetable.stretches.0.to=clos",), "timetable.stretches.0.to", "no moment 'clos' on the timetable; did you mean 'close'?"),
        (("timetable.stretches.0.to=open - 1s",), "timetable.stretches.0.to", "expected a moment after open, found open - 1s"),
        (("timetable.stretches.1.from=close",), "timetable.stretches.1", "overlaps with stretch 0"),
        (("target.clock=null",), "target", "a timetable with stretches needs a target whose clock can be set"),
        (("timetable.stretches.0.to=close-30min", "timetable.stretches.1.from=close-10min"), "crowds.reservers.arrivals",
         "of its people are due from 09:50:00 to 17:59:00, where the timetable jumps"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_its_place(changes, place, words):
    with pytest.raises(ScenarioError) as refused:
        read(*changes)

    assert f"{place}:" in str(refused.value)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("{measure: throughput, window: rush, at_least: 5/s}", None),
        ("{measure: p99, window: day, at_most: 1s}", None),
        (
            "{measure: throughput, window: day, at_least: 5/s}",
            "the window day goes at 30 and by jumps and at 60; expected a window within one",
        ),
        ("{measure: offered, at_least: 5/s}", "the whole run goes at 30 and by jumps and at 60 and at 12.5"),
    ],
)
def test_a_rate_is_judged_within_one_stretch(limit, told):
    scenario = read(f"budget=[{limit}]")
    found = list(mixed(scenario, scenario.speed, scenario.timetable.begin, scenario.timetable.end))

    assert bool(found) == (told is not None)
    assert all(path == ("budget", "0", "window") and told in sentence for path, sentence in found)


def test_of_a_part_only_what_is_run_counts():
    scenario = read("budget=[{measure: offered, at_least: 5/s}]")

    assert not list(mixed(scenario, 60.0, scenario.timetable.begin, scenario.timetable.begin + 600))


def test_patience_is_looked_at_with_the_speed_of_the_limits_own_window():
    limits = "budget=[{measure: p99, window: rush, at_most: 300ms}, {measure: p99, window: late, at_most: 10ms}]"
    late = "windows.late={from: publish - 1min, to: publish}"

    assert not list(mistakes(read(limits, late, "timetable.stretches.0.speed=40"), 600.0))
    ((path, sentence),) = mistakes(read(limits, late, "timetable.stretches.0.speed=41"), 600.0)
    assert path == ("population", "patience", "least")
    assert "speed 40 would do" in sentence


def test_the_runs_speed_is_for_what_no_stretch_sets():
    slow, fast = plan(read("speed=1")), plan(read("speed=60"))

    assert slow.pace.wall(slow.timetable.end) - fast.pace.wall(fast.timetable.end) == pytest.approx(59)


def test_what_was_read_is_written_and_read_again():
    stretches = read().timetable.stretches
    text = msgspec.json.encode(stretches, enc_hook=encode)

    assert b'"speed":"jump"' in text
    assert msgspec.json.decode(text, type=tuple[Stretch, ...], dec_hook=decode) == stretches
    assert [each.speed.factor for each in msgspec.json.decode(text, type=tuple[Stretch, ...], dec_hook=decode)] == [30, float("inf"), 12.5]
