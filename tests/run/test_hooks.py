"""Commands around the load: in order, in their folder, with their environment; what fails, hangs or prints a secret."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import LoadError, TargetError
from rushproof.journal import read_manifest
from rushproof.manifest import Ending
from rushproof.run.hooks import Hooks
from rushproof.run.options import Options
from rushproof.run.story import run
from rushproof.scenario import Scenario
from rushproof.scenario_file import read_scenario

Made = Callable[..., Any]
URL, RUN = "http://127.0.0.1:1", "20261122-ab12"
TEXT = """
about: Commands
target: {url: "http://127.0.0.1:1"}
timetable: {from: open, to: open + 1s, moments: {open: "09:00"}}
crowds: {people: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 1s, rate: 1/s}}}
"""


def scripted(before: list[str] = [], after: list[str] = []) -> Scenario:  # noqa: B006  # never changed
    return read_scenario(f"{TEXT}before: {json.dumps(before)}\nafter: {json.dumps(after)}\n", "mine.yaml", "mine").scenario


def python(source: str) -> str:
    """A command that runs these Python statements."""
    return f'python -c "{source}"'


@pytest.fixture
def hooks(tmp_path: Path) -> Callable[..., Hooks]:
    for name in ("mine", "run"):
        (tmp_path / name).mkdir()

    def made(longest: float = 30.0, **commands: list[str]) -> Hooks:
        return Hooks(scripted(**commands), tmp_path / "mine", tmp_path / "run", longest)

    return made


def before(hooks: Hooks) -> None:
    asyncio.run(asyncio.wait_for(hooks.before(URL, RUN), 60.0))


def test_commands_run_in_order_in_the_scenarios_folder_with_the_runs_environment(hooks: Made, tmp_path: Path) -> None:
    tell = "import os; print(os.getcwd(), *(os.environ['RUSHPROOF_' + name] for name in ('TARGET', 'RUN', 'FOLDER')))"
    before(hooks(before=["touch made_here", python(tell), "ls"]))
    log = (tmp_path / "run" / "hooks.log").read_text().splitlines()
    assert log[0] == "before: touch made_here"
    assert log[2] == f"{tmp_path / 'mine'} {URL} {RUN} {tmp_path / 'run'}"
    assert log[-1] == "made_here"


def test_the_first_that_fails_is_told_with_its_last_words_and_none_runs_after_it(hooks: Made, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"before: python .*: ended with 3, expected 0; its last words:\n  no such table"):
        before(hooks(before=[python("import sys; print('no such table'); sys.exit(3)"), "touch never"]))
    assert not (tmp_path / "mine" / "never").exists()


def test_a_command_that_is_not_there_is_told(hooks: Made) -> None:
    with pytest.raises(TargetError, match=r"before: ./resett: ended with 127.*\n  ./resett: No such file"):
        before(hooks(before=["./resett"]))


def test_a_command_that_does_not_end_is_ended_with_everything_it_started(hooks: Made, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(TargetError, match=r"not ended within 1 s"):
        before(hooks(longest=1.0, before=["sh -c 'sleep 600 & echo $! > child; wait'"]))
    assert time.monotonic() - begun < 20
    state = Path(f"/proc/{int((tmp_path / 'mine' / 'child').read_text())}/stat")
    deadline = time.monotonic() + 5
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":  # a zombie waits for its parent alone
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_secret_is_put_in_after_the_words_are_split_and_printed_by_nobody(
    hooks: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "it's two words")
    tell = "import sys; print(len(sys.argv), sys.argv[1]); sys.exit(1)"
    with pytest.raises(TargetError) as caught:
        before(hooks(before=[python(tell) + " ${env:HOOK_SECRET}"]))
    log = (tmp_path / "run" / "hooks.log").read_text()
    assert "2 …" in log and "two words" not in log
    assert "${env:HOOK_SECRET}" in str(caught.value) and "two words" not in str(caught.value)


def test_what_comes_after_is_run_whatever_failed_and_told(hooks: Made, tmp_path: Path) -> None:
    both = hooks(before=["false"], after=["false", "touch tidied"])

    async def go() -> str:
        with pytest.raises(TargetError):
            await both.before(URL, RUN)
        return await both.after(URL, RUN)

    assert asyncio.run(go()) == "after: false: ended with 1, expected 0"
    assert (tmp_path / "mine" / "tidied").exists()


def test_nothing_comes_after_what_never_began(hooks: Made, tmp_path: Path) -> None:
    assert asyncio.run(hooks(after=["touch tidied"]).after(URL, RUN)) == ""
    assert not (tmp_path / "mine" / "tidied").exists()


# through a whole run


def go(scenario: Scenario, options: Options, folder: Path) -> Any:
    return asyncio.run(asyncio.wait_for(run(scenario, options, folder, lambda _: None), 60.0))


WHO = 'sh -c "echo {} $(ls $RUSHPROOF_FOLDER/target/clock.json) >> told"'


def test_before_comes_before_the_clock_is_set_and_after_while_the_target_still_lives(
    scenario: Made, options: Made, tmp_path: Path, beside: Path
) -> None:
    alive = "import os, urllib.request; print(urllib.request.urlopen(os.environ['RUSHPROOF_TARGET'] + '/health').status)"
    commands = {"before": [WHO.format("before")], "after": [WHO.format("after"), python(alive)]}
    report = go(scenario(*(f"{key}={json.dumps(value)}" for key, value in commands.items())), options(), tmp_path / "run")
    lines = (beside / "told").read_text().splitlines()
    assert lines[0].strip() == "before" and lines[1].startswith("after") and lines[1].endswith("clock.json")
    assert (tmp_path / "run" / "hooks.log").read_text().splitlines()[-1] == "200"
    assert report.manifest.ending is Ending.COMPLETE and not [note for note in report.manifest.notes if "after:" in note]
    assert (tmp_path / "run" / "ledgers").exists() or report.findings


def test_a_before_that_fails_starts_nothing_and_leaves_nothing(scenario: Made, options: Made, tmp_path: Path, beside: Path) -> None:
    lines = f"before={json.dumps(['false'])}", f"after={json.dumps(['touch tidied'])}"
    with pytest.raises(TargetError, match="before: false: ended with 1") as caught:
        go(scenario(*lines), options(), tmp_path / "run")
    assert caught.value.exit_code == 2
    assert not (tmp_path / "run").exists()
    assert (beside / "tidied").exists()


def test_an_after_that_fails_is_a_note_of_a_run_that_stands(scenario: Made, options: Made, tmp_path: Path) -> None:
    report = go(scenario(f"after={json.dumps(['false'])}"), options(), tmp_path / "run")
    assert "after: false: ended with 1, expected 0" in report.manifest.notes
    assert "after: false: ended with 1, expected 0" in read_manifest(tmp_path / "run").notes


def test_after_is_run_when_the_generator_dies(scenario: Made, options: Made, tmp_path: Path, beside: Path) -> None:
    changes = "timetable.to=open + 3s", "crowds.people.arrivals.for=3s", f"after={json.dumps(['touch tidied'])}"
    report = go(scenario(*changes), options("crash"), tmp_path / "run")
    assert report.manifest.ending is Ending.WORKER_LOST and (beside / "tidied").exists()


def test_an_interrupt_ends_a_command_before_the_load_and_what_comes_after_is_still_run(
    scenario: Made, options: Made, tmp_path: Path, beside: Path
) -> None:
    commands = json.dumps([f"sh -c 'kill -INT {os.getpid()}; sleep 600'"]), json.dumps(["touch tidied"])
    begun = time.monotonic()
    with pytest.raises(LoadError, match="interrupted before the load began"):
        go(scenario(f"before={commands[0]}", f"after={commands[1]}"), options(), tmp_path / "run")
    assert time.monotonic() - begun < 30
    assert (beside / "tidied").exists() and not (tmp_path / "run").exists()
