"""A bare name is the catalogue's; anything with a slash or its kind's ending is a path."""

from pathlib import Path

import pytest

from rushproof import catalogue
from rushproof.errors import PersonaError, ScenarioError


@pytest.mark.parametrize("kind", [catalogue.SCENARIOS, catalogue.LOCUSTFILES, catalogue.DASHBOARDS])
def test_the_catalogue_is_found_wherever_one_stands(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert catalogue.folder(kind).is_dir()


def test_a_bare_name_is_the_catalogues_even_where_a_file_of_that_name_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "smoke").write_text("about: mine")
    monkeypatch.chdir(tmp_path)
    assert catalogue.scenario("smoke") == catalogue.folder(catalogue.SCENARIOS) / "smoke.yaml"


def test_a_path_is_a_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("about: mine")
    assert catalogue.scenario(str(file)) == file


@pytest.mark.parametrize(
    ("word", "words"),
    [("smok", "did you mean 'smoke'"), ("./smoke.yaml", "no such file"), ("smoke.yaml", "no such file"), ("zzz", "known: ")],
)
def test_a_scenario_that_is_not_there_is_told(word: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError, match=words):
        catalogue.scenario(word)


def test_a_personas_path_is_relative_to_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    assert catalogue.persona("mine.py", tmp_path) == tmp_path / "mine.py"
    assert catalogue.persona("daily_reserver", tmp_path).parent == catalogue.folder(catalogue.LOCUSTFILES)


@pytest.mark.parametrize(("word", "words"), [("daily_reserve", "did you mean 'daily_reserver'"), ("./mine.py", "no such file beside")])
def test_a_persona_that_is_not_there_is_told(word: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match=words):
        catalogue.persona(word, tmp_path)


def test_invariants_are_looked_up_beside_the_scenario_first(tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    assert catalogue.audits(tmp_path)[0] == (tmp_path / "audit").resolve()
    assert len(catalogue.audits(catalogue.folder(catalogue.SCENARIOS))) == 1
