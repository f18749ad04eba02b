"""What the how-tos for somebody else's backend show can be read as it stands there."""

import ast
import re
import shlex
from pathlib import Path

import pytest
import yaml

from rushproof import conform
from rushproof.cli.main import parser
from rushproof.document import read_document
from rushproof.scenario import Scenario
from rushproof.targets import Targets

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "your-backend.md").read_text("utf-8")
LEAST = """
name: shown
about: The least that a scenario says
target: {url: "https://shop.example"}
timetable: {from: open, to: open + 10s, moments: {open: "09:00"}}
crowds: {}
"""
"""what a fragment is put into"""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def put(into, more):
    for key, value in more.items():
        into[key] = put(into[key], value) if isinstance(value, dict) and isinstance(into.get(key), dict) else value
    return into


@pytest.mark.parametrize("text", blocks("yaml"))
def test_a_fragment_of_yaml_says_what_can_be_said(text):
    tree = read_document(text, "page").tree
    if "hosts" in tree:
        assert list(conform.mistakes(tree, Targets)) == []
        return
    whole = put(read_document(LEAST, "page").tree, tree)
    for crowd in whole["crowds"].values():
        crowd.setdefault("persona", "./visitor.py")

    assert list(conform.mistakes(whole, Scenario)) == []


@pytest.mark.parametrize("text", blocks("python"))
def test_a_fragment_of_python_is_python(text):
    ast.parse("async def shown():\n" + "".join(f"    {line}\n" for line in text.splitlines()))


@pytest.mark.parametrize("line", [line for block in blocks("console") for line in block.splitlines() if line.startswith("$ rushproof")])
def test_a_command_is_one_that_the_command_line_takes(line):
    options = parser().parse_args(shlex.split(line)[2:])

    assert callable(options.verb)


def test_every_key_of_a_scenario_that_this_page_is_about_is_shown():
    shown = {key for block in blocks("yaml") for key in yaml.safe_load(block)}

    assert {"persons", "ledgers", "audit", "stop_when", "probes", "before", "after", "warm_up", "hosts"} - {"stop_when"} <= shown
