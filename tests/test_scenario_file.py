"""A scenario's text becomes typed values, or one message that names every mistake in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.arrivals import Opening, Spike, Trace
from rushproof.errors import ScenarioError
from rushproof.scenario_file import read_budget, read_scenario, trace_points, with_traces

TEXT = """\
about: People come
target:
  command: python -m shop --port {port}
  url: http://127.0.0.1:{port}
  clock: /clock
timetable:
  from: open
  to: close
  moments: {open: 09:00, close: open + 1h}
windows:
  rush: {from: open, to: open + 5min}
crowds:
  reservers:
    persona: daily_reserver
    people: 7.12M
    arrivals: {shape: opening, from: open, to: close, spike: 3%, comb: null}
    settings: {think: 4s}
ledgers:
  rounds: {export: /rounds.csv, person: null, key: null}
budget:
  - {measure: p99, step: reserve, window: rush, at_most: 500ms}
"""


def read(*changes, text=TEXT):
    return read_scenario(text, "rush.yaml", "rush", [(change.partition("=")[0], change.partition("=")[2]) for change in changes])


def test_values_are_typed_and_yaml_guesses_nothing():
    scenario = read().scenario
    crowd = scenario.crowds["reservers"]
    assert scenario.name == "rush"
    assert scenario.timetable.at(scenario.timetable.moments["open"]) == 9 * 3600  # YAML 1.1 would have read 09:00 as text, 9:00 as 540
    assert crowd.people == 7_120_000
    assert isinstance(crowd.arrivals, Opening)
    assert crowd.arrivals.spike == 0.03
    assert crowd.arrivals.comb is None
    assert crowd.settings == {"think": "4s"}
    assert scenario.ledgers["rounds"].person is None
    assert scenario.budget[0].bound.value == 0.5


def test_words_that_yaml_makes_booleans_stay_words():
    scenario = read(text=TEXT.replace("about: People come", "about: off")).scenario
    assert scenario.about == "off"


WRONG = [
    # a change of the text, the path, words of the message
    (("spike: 3%", "spik: 3%"), "crowds.reservers.arrivals.spik", "unknown key; did you mean 'spike'?"),
    (("spike: 3%", "spike_for: 10x"), "crowds.reservers.arrivals.spike_for", "expected a duration such as 500ms, 10s or 1h30m"),
    (("spike: 3%", "spike: 300%"), "crowds.reservers.arrivals.spike", "expected a share between 0% and 100%, found '300%'"),
    (("spike: 3%", "spike: 90%"), "crowds.reservers.arrivals", "shares"),
    (("shape: opening", "shape: openin"), "crowds.reservers.arrivals.shape", "unknown shape 'openin'; did you mean 'opening'?"),
    (("shape: opening, ", ""), "crowds.reservers.arrivals", "'shape' is missing; known: opening, ramp, spike, steady, trace"),
    (("from: open, to: close,", "from: opn, to: close,"), "crowds.reservers.arrivals.from", "no moment 'opn' on the timetable; did you"),
    (("from: open, to: close,", "from: close, to: open,"), "crowds.reservers.arrivals", ""),
    (("people: 7.12M", "people: many"), "crowds.reservers.people", "expected a whole number such as 2000, 3_240_000 or 7.12M"),
    (("    people: 7.12M\n", ""), "crowds.reservers", "'people' is missing"),
    (("people: 7.12M", "people: 7.12M\n    users: 5"), "crowds.reservers", "either 'arrivals'"),
    (("to: open + 5min", "to: open + 5min + 1"), "windows.rush.to", "expected a duration"),
    (("to: open + 5min", "to: open + 2h"), "windows.rush", "off the timetable, which runs from 09:00:00 to 10:00:00"),
    (("to: open + 5min", "to: open"), "windows.rush.to", "expected a moment after open"),
    (("close: open + 1h", "close: open - 1h"), "timetable.to", "expected a moment after open, found close"),
    (("close: open + 1h", "close: close + 1h"), "timetable.moments.close", "circle"),
    (("{port}\n  clock", "{prt}\n  clock"), "target.url", "unknown blank {prt}; did you mean 'port'?"),
    (("  command: python -m shop --port {port}\n", ""), "target.url", "{port} is filled in for a target that is started"),
    (("url: http://", "url: ftp://"), "target.url", "expected a URL such as http://127.0.0.1:{port}"),
    (("at_most: 500ms", "at_most: 500x"), "budget.0.at_most", "expected a bound such as 500ms, 0.1%, 2000/s or 100, found '500x'"),
    (("measure: p99, ", ""), "budget.0", "'measure' is missing"),
    (("about: People come\n", ""), "", "'about' is missing"),
    (("about: People come", "about: x\nspeed: fast"), "speed", "expected a number, found 'fast'"),
    (("about: People come", "about: x\nspeed: 0"), "speed", "expected more than 0"),
    (("about: People come", "about: x\nname: y"), "name", "a scenario is named by its file"),
    (("about: People come", "about: x\nabout: y"), "about", "written twice, first on line 1"),
    (("about: People come", "about: [x]"), "about", "expected one value, found a list"),
    (("about: People come", "about: null"), "about", "expected a value, found null"),
    (("budget:\n  - {measure", "budget: {measure"), "budget", "expected a list, found keys and values"),
    (("  reservers:", "  Reser-vers:"), "crowds.Reser-vers", "expected a name of small letters"),
    (("settings: {think: 4s}", "connections: {keep: pol}"), "crowds.reservers.connections.keep", "did you mean 'pool'?"),
    (("about: People come", "about: x\npopulation: {patience: {least: 2min, most: 1min}}"), "population.patience", "'least'"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "words"), WRONG, ids=[f"{number}-{path}" for number, (_, path, _) in enumerate(WRONG)])
def test_a_mistake_is_told_with_its_place_and_what_was_expected(change, path, words):
    assert change[0] in TEXT
    with pytest.raises(ScenarioError) as raised:
        read(text=TEXT.replace(*change))
    assert raised.value.file == "rush.yaml"
    assert raised.value.path == path
    assert words in str(raised.value)
    assert path == "" or "(line " in str(raised.value)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    with pytest.raises(ScenarioError) as raised:
        read(text=TEXT.replace("spike: 3%", "spik: 3%").replace("7.12M", "many").replace("500ms", "500x"))
    lines = str(raised.value).splitlines()
    assert lines[0] == "rush.yaml: 3 mistakes"
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "crowds.reservers.people",
        "crowds.reservers.arrivals.spik",
        "budget.0.at_most",
    ]


@pytest.mark.parametrize("text", ["a: [", "\t- a", "a: *nobody", "- a\n- b", "a: &x [*x]", "? [a]\n: b", "{", "%FOO"])
def test_what_is_no_yaml_mapping_is_told_as_that(text):
    with pytest.raises(ScenarioError, match=r"rush\.yaml"):
        read(text=text)


@given(st.text())
def test_any_text_gives_a_scenario_or_a_message(text):
    with pytest.raises(ScenarioError):
        read_scenario(text, "any.yaml", "any")


def test_a_change_replaces_adds_and_reaches_into_lists():
    scenario = read(
        "crowds.reservers.people=500", "speed=40", "budget.0.at_most=1s", "audit=[no_gap]", "population.patience.least=2min"
    ).scenario
    assert (scenario.crowds["reservers"].people, scenario.speed, scenario.budget[0].bound.value) == (500, 40, 1)
    assert scenario.audit == ("no_gap",)
    assert scenario.population.patience.least == 120


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("crowds.reservers.peopel=5", "crowds.reservers.peopel: unknown key; did you mean 'people'?"),
        ("speed=fast", "speed: expected a number, found 'fast'"),
        ("budget.7.at_most=1s", "budget is a list of 1: expected a number from 0, found '7'"),
        ("speed.of.light=1", "speed"),
        ("crowds..people=1", "expected a place such as"),
        ("speed=[", "--set speed"),
    ],
)
def test_a_change_that_cannot_be_made_is_told(change, words):
    with pytest.raises(ScenarioError) as raised:
        read("speed=1", change) if change.startswith("speed.") else read(change)
    assert words in str(raised.value)


def test_a_budget_file_replaces_the_budget_and_may_add_windows():
    text = "windows:\n  late: {from: close - 5min, to: close}\nbudget:\n  - {measure: p50, window: late, at_most: 1s}\n"
    scenario = read_budget(text, "strict.yaml", read().scenario).scenario
    assert [limit.measure for limit in scenario.budget] == ["p50"]
    assert set(scenario.windows) == {"rush", "late"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limits: []", "strict.yaml: 2 mistakes"),
        ("budget:\n  - {measure: p50, at_mos: 1s}", "budget.0.at_mos: unknown key; did you mean 'at_most'?"),
        ("budget: []\nwindows: {late: {from: close, to: close + 1h}}", "windows.late: close to close + 1h is off the timetable"),
    ],
)
def test_a_mistake_in_a_budget_file_is_told_in_that_file(text, words):
    with pytest.raises(ScenarioError) as raised:
        read_budget(text, "strict.yaml", read().scenario)
    assert words in str(raised.value)
    assert str(raised.value).startswith("strict.yaml")


TRACE = TEXT.replace("{shape: opening, from: open, to: close, spike: 3%, comb: null}", "{shape: trace, from: open, file: day.csv}")


def test_a_trace_is_read_into_points():
    crowd = with_traces(read(text=TRACE), {"day.csv": "at,rate\n0,100\n60,50\n120,0\n"}).scenario.crowds["reservers"]
    assert isinstance(crowd.arrivals, Trace)
    assert crowd.arrivals.points == ((0.0, 100.0), (60.0, 50.0), (120.0, 0.0))


@pytest.mark.parametrize(
    ("csv", "words"),
    [
        ("", "at least two rows"),
        ("0,100\n", "at least two rows"),
        ("0,100\n0,50\n", "line 2: expected a later moment"),
        ("0,100\n60,-1\n", "line 2"),
        ("0,100\n60\n", "line 2: expected at,rate"),
        ("0,100\nnan,1\n", "line 2"),
        ("when,what\n0,1\n", "line 1: expected at,rate"),
    ],
)
def test_a_wrong_trace_is_told_with_its_line(csv, words):
    with pytest.raises(ValueError, match=words):
        trace_points(csv)
    with pytest.raises(ScenarioError, match=r"rush\.yaml: crowds\.reservers\.arrivals\.file: day\.csv"):
        with_traces(read(text=TRACE), {"day.csv": csv})


def test_a_spike_is_read_by_its_shape():
    spike = "arrivals: {shape: spike, from: open, for: 1h, base: 10/s, peak: 3k/min, at: open + 10min, hold: 1min}"
    text = TEXT.replace("arrivals: {shape: opening, from: open, to: close, spike: 3%, comb: null}", spike)
    shape = read(text=text).scenario.crowds["reservers"].arrivals
    assert isinstance(shape, Spike)
    assert (shape.base, shape.peak, shape.hold) == (10, 50, 60)
