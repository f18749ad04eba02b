"""The files in locustfiles/: one persona each, under a name that hides nothing, and all of them run."""

import csv
import importlib.machinery
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from rushproof.personas import cast, is_user, load
from rushproof.population import Person, Population, PopulationSpec

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "locustfiles").glob("*.py"))
PERSONAS = [file for file in FILES if "rushproof" in file.read_text()]
DEADLINE = 30.0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_stem_hides_no_module(file: Path) -> None:
    elsewhere = [entry for entry in sys.path if Path(entry) != file.parent]

    assert file.stem not in sys.stdlib_module_names
    assert importlib.machinery.PathFinder.find_spec(file.stem, elsewhere) is None


@pytest.mark.parametrize("file", PERSONAS, ids=lambda file: file.stem)
def test_a_file_holds_one_persona_named_like_the_file_with_a_sentence_about_it(file: Path) -> None:
    persona = load(str(file))

    assert len(cast(str(file))) == 1
    assert re.sub(r"(?<!^)(?=[A-Z])", "_", persona.__name__).lower() == file.stem
    assert (persona.__doc__ or "").endswith(".")
    assert persona.steps


def test_an_ordinary_locust_file_is_shown_that_knows_nothing_of_rushproof() -> None:
    file = ROOT / "locustfiles" / "plain_browser.py"
    code = f"import rushproof.personas as p; (kind,) = p.cast({str(file)!r}); print(kind.__name__, p.is_user(kind))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=DEADLINE, check=True)

    assert "rushproof" not in file.read_text()
    assert done.stdout.split() == ["PlainBrowser", "True"]
    assert not is_user(Person)


class TestDailyReserver:
    """Which rounds a person enters."""

    persona = load(str(ROOT / "locustfiles" / "daily_reserver.py"))

    def chosen(self, people: int, **settings: object) -> list[list[str]]:
        one = self.persona()
        one.settings = self.persona.Settings(**settings)
        return [one.chosen(Population(PopulationSpec(), 1).person(index), ["r1", "r2", "r3", "r4"]) for index in range(people)]  # type: ignore[attr-defined]

    def test_everybody_enters_one_round_at_least_and_two_point_two_on_average(self) -> None:
        chosen = self.chosen(4000)

        assert min(len(rounds) for rounds in chosen) == 1
        assert sum(len(rounds) for rounds in chosen) / 4000 == pytest.approx(2.2, abs=0.06)  # five standard errors
        assert all(len(set(rounds)) == len(rounds) for rounds in chosen)
        assert {rounds[0] for rounds in chosen} == {"r1", "r2", "r3", "r4"}

    def test_the_same_person_makes_the_same_choice_every_time(self) -> None:
        assert self.chosen(50) == self.chosen(50)

    def test_one_entry_is_one_round_and_four_are_all(self) -> None:
        assert {len(rounds) for rounds in self.chosen(50, entries=1.0)} == {1}
        assert {len(rounds) for rounds in self.chosen(50, entries=4.0)} == {4}


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[str]:
    """The reference backend on a port of its own; its URL."""
    command = [sys.executable, "-m", "fake_backend", "--port", "0", "--database", str(tmp_path / "database")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().rsplit(maxsplit=1)[-1]
        process.terminate()
        process.wait(DEADLINE)


def test_locust_runs_every_file_against_the_reference_backend(backend: str, tmp_path: Path) -> None:
    files = ",".join(str(file) for file in FILES)
    options = ["--headless", "-u", "40", "-r", "40", "-t", "3s", "--host", backend, "--csv", "out"]
    command = [sys.executable, "-m", "locust", "-f", files, *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    with (tmp_path / "out_stats.csv").open() as file:
        rows = {row["Name"]: int(row["Request Count"]) for row in csv.DictReader(file)}
    with urllib.request.urlopen(f"{backend}/ledger/reservations.csv?after=0&limit=100000", timeout=DEADLINE) as answer:
        stored = len(answer.read().splitlines()) - 1

    assert done.returncode == 0, done.stderr
    assert set(rows) == {"browse", "reserve", "rounds", "reservation", "Aggregated"}
    assert rows["browse"] > 30  # twenty a second, for most of three seconds
    assert 0 < rows["reserve"] <= stored  # more are stored than were answered before the end
