"""What bad input gets: exit 2 and one message that says what to mend; nothing starts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCENARIO = """\
about: Mine
target: {command: "python -m fake_backend --port {port}", url: "http://127.0.0.1:{port}", clock: /clock}
timetable: {from: open, to: open + 1s, moments: {open: 09:00}}
windows: {rush: {from: open, to: open + 1s}}
crowds:
  people: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 1s, rate: 5/s}}
budget:
  - {measure: share, step: reserve, outcome: error, at_most: 1%}
"""

LIMIT = "budget=[{measure: %s}]"

CASES = [
    # the words after `run`, and what the message says
    ([], ["the following arguments are required: SCENARIO"]),
    (["smok"], ["no such scenario in the catalogue", "did you mean 'smoke'?"]),
    (["./nowhere.yaml"], ["./nowhere.yaml: no such file"]),
    (["MINE", "--set", "crowds.people.peopel=5"], ["mine.yaml", "crowds.people.peopel", "did you mean 'people'?"]),
    (["MINE", "--set", "crowds.people.arrivals.for=5x"], ["crowds.people.arrivals.for", "expected a duration", "'5x'"]),
    (["MINE", "--set", "crowds.people"], ["expected path=value"]),
    (["MINE", "--set", "crowds.people.persona=daily_reservist"], ["no persona 'daily_reservist'", "did you mean 'daily_reserver'?"]),
    (["MINE", "--set", "crowds.people.persona=./absent.py"], ["./absent.py: no such file beside the scenario"]),
    (["MINE", "--set", "crowds.people.persona=./broken.py"], ["crowds.people.persona", "broken.py", "line 2"]),
    (["MINE", "--set", "crowds.people.persona=plain_browser"], ["crowds.people", "an ordinary Locust user", "'users'"]),
    (["MINE", "--set", "crowds.people.settings={thnk: 4s}"], ["crowds.people.settings.thnk", "did you mean 'think'?"]),
    (["MINE", "--set", "crowds.people.settings={think: long}"], ["crowds.people.settings.think", "expected a duration"]),
    (["MINE", "--set", LIMIT % "p98, at_most: 1s"], ["budget.0.measure", "no measure 'p98'", "did you mean 'p99'?"]),
    (["MINE", "--set", LIMIT % "p99, step: reserv, at_most: 1s"], ["budget.0.step", "did you mean 'reserve'?"]),
    (["MINE", "--set", LIMIT % "p99, window: rash, at_most: 1s"], ["budget.0.window", "did you mean 'rush'?"]),
    (["MINE", "--set", LIMIT % "p99, at_most: 5%"], ["budget.0.at_most", "bounded by a duration"]),
    (["MINE", "--set", LIMIT % "share, outcome: eror, at_most: 5%"], ["budget.0.outcome", "did you mean 'error'?"]),
    (["MINE", "--set", "audit=[no_gaps]"], ["audit.0", "no invariant 'no_gaps'", "did you mean 'no_gap'?"]),
    (["MINE", "--set", "windows.rush.to=open + 2h"], ["windows.rush", "off the timetable"]),
    (["MINE", "--budget", "absent.yaml"], ["absent.yaml: cannot be read"]),
    (["MINE", "--budget", "budget.yaml"], ["budget.yaml: budget.0.windo: unknown key", "did you mean 'window'?"]),
    (["MINE", "--scale", "-1"], ["--scale", "expected a number above 0"]),
    (["MINE", "--speed", "0"], ["--speed", "expected a number above 0"]),
    (["MINE", "--speed", "fast"], ["--speed", "invalid float value: 'fast'"]),
    (["MINE", "--speed", "9", "--set", "target.clock=null"], ["target", "speed 9 needs a target whose clock can be set", "speed 1"]),
    (["MINE", "--speed", "200", "--set", LIMIT % "p99, at_most: 1s"], ["population.patience.least", "speed 12 would do"]),
    (["MINE", "--from", "noon"], ["--from", "no moment 'noon'"]),
    (["MINE", "--from", "open +"], ["--from", "expected a moment such as"]),
    (["MINE", "--to", "10:00"], ["--to 10:00: off the timetable, which runs from 09:00:00 to 09:00:01"]),
    (["MINE", "--from", "open + 1s", "--to", "open"], ["expected the second to be later"]),
    (["MINE", "--workers", "0"], ["--workers: expected at least one"]),
    (["MINE", "--target", "http://192.0.2.1"], ["192.0.2.1", "not this machine", "--own-host"]),
    (["MINE", "--target", "http://127.0.0.1:9"], ["the target is not ready", "http://127.0.0.1:9/health"]),
    (["MINE", "--target", "http://nowhere.invalid"], ["the host nowhere.invalid has no address"]),
    (["MINE", "--out", "."], [". is not empty"]),
    (["MINE", "--out", "mine.yaml"], ["mine.yaml", "cannot be written"]),
    (["MINE", "--set", "population.registered=3"], ["population.registered", "5 people come"]),
    (["MINE", "--set", "crowds.people.settings={think: '${env:RUSHPROOF_ABSENT}'}"], ["the environment has no RUSHPROOF_ABSENT"]),
]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a scenario of one's own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUSHPROOF_ABSENT", raising=False)
    (tmp_path / "mine.yaml").write_text(SCENARIO)
    (tmp_path / "broken.py").write_text("from rushproof.driver import Crowd\nimport no_such_module\n")
    (tmp_path / "budget.yaml").write_text("budget:\n  - {measure: p99, step: reserve, windo: rush, at_most: 1s}\n")
    return tmp_path


@pytest.mark.parametrize(("words", "said"), CASES, ids=[" ".join(words) or "nothing" for words, _ in CASES])
def test_it_is_refused_with_what_to_mend(words: list[str], said: list[str], mine: Path, rushproof: Callable[..., Any]) -> None:
    before = sorted(path.name for path in mine.iterdir())
    found = rushproof("run", *[word.replace("MINE", "./mine.yaml") for word in words])
    assert found.code == 2, found.err
    for word in said:
        assert word in found.err
    assert "Traceback" not in found.err
    assert found.out == ""
    left = [name for name in sorted(path.name for path in mine.iterdir()) if name != "reports"]
    assert left == before
    assert not list(mine.glob("reports/runs/*")), "nothing was run, so nothing is left"


def test_a_folder_that_cannot_be_written_is_refused(mine: Path, rushproof: Callable[..., Any]) -> None:
    found = rushproof("run", "./mine.yaml", "--out", "/proc/run")
    assert found.code == 2
    assert "/proc/run cannot be written" in found.err
