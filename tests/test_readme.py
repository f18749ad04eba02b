"""What the README says is so: its commands parse or run, its tables are the catalogue, its examples load."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rushproof.budget_check import check_budget
from rushproof.catalogue import LOCUSTFILES, SCENARIOS, entries
from rushproof.cli.main import parser
from rushproof.personas import load
from rushproof.scenario_file import read_scenario

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BIN = Path(sys.executable).parent


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def table(head):
    """The rows of the README's table whose first column is `head`: name → sentence."""
    body = re.search(rf"^\| {head} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", README, re.MULTILINE)
    assert body is not None
    return dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", body[1], re.MULTILINE))


COMMANDS = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]
OURS = [command for command in COMMANDS if command.startswith("rushproof ")]


def test_the_readme_shows_every_verb():
    verbs = {command.split()[1] for command in OURS}

    assert {"run", "judge", "report", "scenarios", "init"} <= verbs


@pytest.mark.parametrize("command", OURS)
def test_a_command_of_the_readme_is_one_that_the_command_line_takes(command):
    options = parser().parse_args(shlex.split(command)[1:])

    assert callable(options.verb)


@pytest.mark.parametrize("command", [command for command in COMMANDS if not command.startswith(("rushproof ", "curl "))])
def test_another_program_of_the_readme_knows_the_options_shown(command):
    program, *words = shlex.split(command)
    start = [sys.executable] if program == "python" else [BIN / program]
    module = words[: 2 if words[0] == "-m" else 1] if program == "python" else []
    named = [str(ROOT / "fake_backend" / "draw" / word) if word.endswith(".py") else word for word in module]
    told = subprocess.run([*start, *named, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout

    assert not [word for word in words[len(module) :] if word.startswith("-") and not re.search(rf"(?<![\w-]){re.escape(word)}\b", told)]


def test_the_catalogue_is_listed_as_the_readme_says(tmp_path):
    told = subprocess.run([BIN / "rushproof", "scenarios"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True).stdout

    for name, about in (table("scenario") | table("persona")).items():
        assert re.search(rf"^ *{name} +{re.escape(about)}$", told, re.MULTILINE)


def test_a_starter_lands_in_the_folder_of_the_readme(tmp_path):
    subprocess.run([BIN / "rushproof", "init", "rush"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)

    assert list((tmp_path / "rush").glob("*.yaml"))
    assert list((tmp_path / "rush").glob("*.py"))


def test_the_table_of_scenarios_is_the_catalogue():
    about = {entry.name: yaml.safe_load(entry.path.read_text("utf-8"))["about"] for entry in entries(SCENARIOS, ".yaml")}

    assert table("scenario") == about


def test_the_table_of_personas_is_the_catalogue():
    assert table("persona") == {entry.name: spoken(entry.path) for entry in entries(LOCUSTFILES, ".py")}


def spoken(path):
    """The first line of the docstring of the last class in a locustfile: the persona."""
    classes = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ClassDef)]
    return (ast.get_docstring(classes[-1]) or "").splitlines()[0]


def test_the_example_of_ones_own_can_be_read(tmp_path):
    (code,), (text,) = blocks("python"), blocks("yaml")
    (tmp_path / "buyer.py").write_text(code, "utf-8")

    persona = load(str(tmp_path / "buyer.py"))
    scenario = read_scenario(text, "rush.yaml", "rush").scenario

    assert check_budget(scenario.budget, {"buyers": persona.steps}, scenario.windows) == []


def test_the_exit_codes_are_those_of_the_command():
    told = dict(re.findall(r"^\| (\d) \| (.+?) \|", README, re.MULTILINE))

    assert told == {"0": "`pass`", "1": "`fail`", "2": "–", "3": "`unknown`", "4": "–"}


def test_the_two_commands_are_targets_of_the_makefile():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    shown = re.findall(r"(?:^|`)make ([a-z-]+)", README + (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)

    assert {"demo", "test"} <= set(shown)
    assert set(shown) <= set(targets)


def test_ci_runs_the_checks_and_then_the_readmes_test_command():
    lines = [line for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines() if line.startswith("make ")]

    assert lines == ["make check", "make test"]
