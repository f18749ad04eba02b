"""The procedure's arithmetic: what is offered when, when enough was seen, and what many holds say together."""

import json
import math
from itertools import pairwise
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rushproof.journal
from rushproof import fate
from rushproof.arrivals import arrivals
from rushproof.drill import ServiceSpec
from rushproof.frame import CELL, Frame
from rushproof.held import Ordeal, held, length_of
from rushproof.histogram import bucket
from rushproof.journal.series_file import METASTABLE
from rushproof.metastability import Hold, Metastability
from rushproof.quantity import Duration
from rushproof.recovery.frontier import frontier
from rushproof.relief import Relief
from rushproof.render.metastable import RENDERERS, line
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.scenario import Scenario
from rushproof.scenario_file import read_scenario
from rushproof.verdict import Status

SCHEMA = Path(rushproof.journal.__file__).with_name("metastable.schema.json")
SCENARIO = """
about: two faults
target: {url: "http://127.0.0.1:9"}
timetable: {from: open, to: open + 10min, moments: {open: "09:00"}}
crowds:
  many: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 10min, rate: 30/s}}
  few: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 10min, rate: 10/s}}
drill:
  service: {step: reserve, hold: 7s}
  faults:
    first: {inject: switch, at: open + 1min, for: 40s, path: /a}
    second: {inject: switch, at: open + 90s, for: 30s, path: /b}
"""


def scenario() -> Scenario:
    return read_scenario(SCENARIO, "x.yaml", "x").scenario


def test_the_load_is_held_long_enough_to_be_called_metastable_and_then_let_down() -> None:
    ordeal = Ordeal(rate=200.0, fault=4.0, hold=30.0, step=0.25)
    assert (ordeal.breaks, ordeal.mends) == (61.0, 65.0)
    assert ordeal.let_down - ordeal.mends >= 5 * ordeal.fault + ordeal.hold
    rates = [rate for _, rate in ordeal.stairs]
    assert rates == [200.0, 150.0, 100.0, 50.0, 0.0]
    assert ordeal.offered(ordeal.let_down - 0.1) == 200.0 and ordeal.offered(ordeal.let_down) == 150.0


@given(st.floats(0.02, 0.9))
def test_steps_go_down_by_the_same_and_never_to_nothing(step: float) -> None:
    rates = [rate for _, rate in Ordeal(rate=100.0, fault=1.0, step=step).stairs[:-1]]
    assert all(later < sooner for sooner, later in pairwise(rates))
    assert min(rates) > 0
    assert np.allclose(np.diff(rates), -100.0 * step)


def test_without_steps_it_ends_where_the_load_was_held() -> None:
    ordeal = Ordeal(rate=100.0, fault=1.0, step=0.0)
    assert ordeal.stairs == ((0.0, 100.0), (ordeal.let_down, 0.0))


def test_crowds_keep_their_shares_on_every_step_and_faults_their_places_in_the_drill() -> None:
    ordeal = Ordeal(rate=80.0, fault=6.0, hold=10.0, step=0.5)
    of = held(scenario(), ordeal)
    assert of.timetable.end - of.timetable.begin == pytest.approx(ordeal.end)
    due = {name: arrivals(crowd.arrivals, crowd.people, of.timetable, 1, name) for name, crowd in of.crowds.items()}
    for begin, end, rate in ((0.0, ordeal.let_down, 80.0), (ordeal.let_down, ordeal.end, 40.0)):
        for name, share in (("many", 0.75), ("few", 0.25)):
            came = due[name].before(of.timetable.begin + end) - due[name].before(of.timetable.begin + begin)
            expected = rate * share * (end - begin)
            assert abs(came - expected) < 5 * math.sqrt(expected) + 1
    assert length_of(scenario()) == 60.0
    at = {name: of.timetable.at(one.at) - of.timetable.begin for name, one in of.drill.faults.items()}
    assert at == {"first": pytest.approx(61.0), "second": pytest.approx(64.0)}
    assert float(of.drill.faults["second"].lasting) == pytest.approx(3.0)
    assert float(of.drill.service.hold) == 10.0


def frames(
    ordeal: Ordeal, good: dict[int, bool], step: str = "reserve", kind: Distribution = Distribution.INTENT, rate: int = 100
) -> list[Frame]:
    """A second each; where nothing is good nothing has come to an end yet either."""
    made = []
    for second in range(math.ceil(ordeal.end)):
        cells = [(second, 0, int(Outcome.OK), int(kind), int(bucket(np.array([0.01]))[0]), rate)] if good[second] else []
        made.append(Frame(
            worker=0, seq=second, until=second + 1.0, steps=(("many", step),), visits=(), cells=np.array(cells, dtype=CELL).tobytes(),
        ))  # fmt: skip
    return made


def told_at(ordeal: Ordeal, until: int, step: str = "reserve", kind: Distribution = Distribution.INTENT) -> int | None:
    """The second in which a relief says that enough was seen, where nothing is good from the fault until `until`."""
    relief = Relief(ServiceSpec(step=step, window=Duration(5), hold=Duration(ordeal.hold)), ordeal)
    good = {second: not ordeal.breaks <= second < until for second in range(math.ceil(ordeal.end))}
    for second, frame in enumerate(frames(ordeal, good, step, kind)):
        if relief.add(frame):
            return second
    return None


def test_enough_was_seen_when_it_was_well_for_the_hold_and_not_before() -> None:
    ordeal = Ordeal(rate=100.0, fault=5.0, hold=10.0, step=0.2)
    at = told_at(ordeal, 75)
    assert at is not None and 84 <= at <= 92


def test_whole_visits_can_tell_it_too() -> None:
    """Visits have no intents: they are counted by how long each took in all."""
    ordeal = Ordeal(rate=100.0, fault=5.0, hold=10.0, step=0.2)
    at = told_at(ordeal, 75, VISIT, Distribution.STRETCH)
    assert at is not None and 84 <= at <= 92


def test_enough_is_said_once() -> None:
    ordeal = Ordeal(rate=100.0, fault=5.0, hold=10.0, step=0.2)
    relief = Relief(ServiceSpec(step="reserve", window=Duration(5), hold=Duration(10)), ordeal)
    good = {second: not ordeal.breaks <= second < 75 for second in range(math.ceil(ordeal.end))}
    assert len([why for frame in frames(ordeal, good) if (why := relief.add(frame))]) == 1


def test_what_comes_back_on_a_step_down_is_seen_and_what_never_does_is_not() -> None:
    ordeal = Ordeal(rate=100.0, fault=5.0, hold=10.0, step=0.2)
    stair = math.ceil(ordeal.stairs[2][0])
    at = told_at(ordeal, stair)
    assert at is not None and stair + 9 <= at <= stair + 30
    assert told_at(ordeal, 10_000) is None


def hold(rate: float, fault: float, word: str, **more: object) -> Hold:
    return Hold(number=1, folder="hold-01", rate=rate, fault=fault, fate=word, waited=37.0, **more)  # type: ignore[arg-type]


GRID = (
    hold(50, 5, "recovered", seconds=1.0, hysteresis=1.0), hold(50, 20, "recovered", seconds=9.0, hysteresis=1.0),
    hold(80, 5, "recovered", seconds=4.0, hysteresis=1.0), hold(80, 20, "metastable", why="it did not come back", before=1.0, after=3.1),
    hold(95, 5, "unknown", why="the baseline was not steady"), hold(95, 20, "metastable", why="it did not come back"),
)  # fmt: skip


def test_a_grid_has_a_frontier_between_two_loads_for_each_length() -> None:
    short, long = frontier(GRID)
    assert (short.fault, short.held, short.broke, short.unknown) == (5, 80, None, (95,))
    assert (long.fault, long.held, long.broke) == (20, 50, 80)
    assert fate.verdict(GRID) is Status.FAIL
    assert fate.sentence(GRID).startswith("Metastable in 2 of 6 holds: the lowest load that stayed down was 80/s, after a fault of 20 s")


@pytest.mark.parametrize(
    ("one", "status", "words"),
    [
        (hold(50, 5, "recovered", seconds=2.0), Status.PASS, "It came back by itself 2 s after the mend"),
        (
            hold(50, 5, "slow", why="it took 40 s", seconds=40.0),
            Status.PASS,
            "Slow, and not metastable, at 50/s after a fault of 5 s: it took 40 s.",
        ),
        (hold(50, 5, "slow", why="x", released=20.0, hysteresis=0.4), Status.PASS, "x. It came back when the load was let down to 20/s"),
        (hold(50, 5, "unknown", why="too few came"), Status.UNKNOWN, "It cannot be told at 50/s"),
        (hold(50, 5, "metastable", why="x", released=20.0, hysteresis=0.4), Status.FAIL, "let down to 20/s, 40 % of what"),
        (hold(50, 5, "metastable", why="x", in_vain=5.0), Status.FAIL, "Not even 5/s let it come back"),
    ],
)
def test_one_hold_is_told_in_one_sentence(one: Hold, status: Status, words: str) -> None:
    assert fate.verdict((one,)) is status
    assert words in fate.sentence((one,))
    assert one.fate in line(one)


HOLDS = tuple(msgspec.structs.replace(one, number=nth, folder=f"hold-{nth:02d}") for nth, one in enumerate(GRID, 1))
FOUND = Metastability(
    scenario="x", about="x", started=1_795_338_000.0, status=Status.FAIL, sentence=fate.sentence(GRID), rate=100.0, holds=HOLDS,
    frontier=frontier(GRID), hold=30.0, step=0.0, notes=("a note",), again="rushproof metastable x --grid",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_the_page_is_as_it_was_when_somebody_last_looked_at_it(name: str, request: pytest.FixtureRequest) -> None:
    golden = Path(__file__).parent / "golden" / name
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(RENDERERS[name](FOUND))
    assert golden.read_bytes().decode() == RENDERERS[name](FOUND).decode()


def test_of_a_grid_of_which_nothing_could_be_told_nothing_is_said() -> None:
    unknown = hold(50, 5, "unknown", why="too few came")
    assert fate.sentence((unknown, unknown)) == "None of the 2 holds could be told."
    assert fate.sentence((unknown, hold(50, 5, "slow", why="x"))) == "No metastable failure in the 1 of 2 holds that could be told."


def test_the_page_draws_the_frontier_and_names_every_hold() -> None:
    for name, render in RENDERERS.items():
        page = render(FOUND).decode()
        for word in ("DOWN", "back 4 s", "50/s (50 %)", "After a fault of 20 s 50/s came back, 80/s did not.", "--grid"):
            assert word in page, (name, word)


def test_where_the_lowest_load_is_unknown_nothing_is_said_of_it() -> None:
    holds = (hold(50, 5, "unknown", why="too few came"), hold(80, 5, "metastable", why="x"))
    found = msgspec.structs.replace(FOUND, holds=holds, frontier=frontier(holds))
    assert "After a fault of 5 s not even 80/s came back in time." in RENDERERS["metastable.txt"](found).decode()


def test_a_point_that_was_held_twice_is_shown_twice() -> None:
    holds = (hold(50, 5, "metastable", why="x"), hold(50, 5, "recovered", seconds=2.0))
    found = msgspec.structs.replace(FOUND, holds=holds, frontier=frontier(holds))
    assert "DOWN, back 2 s" in RENDERERS["metastable.txt"](found).decode()


def test_the_published_schema_is_the_one_of_the_code(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        SCHEMA.write_text(METASTABLE.schema(), encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == METASTABLE.schema()


def test_what_is_written_fits_the_schema_and_comes_back(tmp_path: Path) -> None:
    METASTABLE.write(tmp_path, FOUND)
    jsonschema.validate(json.loads((tmp_path / "metastable.json").read_text()), json.loads(METASTABLE.schema()))
    assert METASTABLE.read(tmp_path) == FOUND
