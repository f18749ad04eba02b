"""A scenario against a small target of our own, and a scripted generator that speaks the wire."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.run.options import Options
from rushproof.scenario import Scenario
from rushproof.scenario_file import read_scenario

HERE = Path(__file__).parent

TEXT = """
about: A scripted rush
target:
  command: "python {target} {{port}} {{folder}}"
  url: http://127.0.0.1:{{port}}
  ready: /health
  ready_within: 10s
  clock: /clock
timetable:
  from: open
  to: open + 500ms
  moments: {{open: "09:00"}}
crowds:
  people:
    persona: ./persona.py
    arrivals: {{shape: steady, from: open, for: 500ms, rate: 40/s}}
ledgers:
  ledger: {{export: /ledger.csv, content: [shop]}}
  rounds: {{export: /rounds.csv, person: null, key: null}}
audit: [acknowledged_is_kept]
budget:
  - {{measure: share, step: reserve, outcome: error, at_most: 1%}}
generator: {{lag: 1s, busy: 100%, turn: 1s, unsent: 100%, tainted: 100%, peak: 0}}
drain: 1s
population: {{registered: 50M}}
"""


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A folder with a scenario's locustfile, which nobody loads here."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "persona.py").write_text('"""Opened by the scripted inspector only."""\n')
    return folder


@pytest.fixture
def scenario() -> Callable[..., Scenario]:
    """The scripted scenario, with `path=value` changes."""

    def made(*changes: str) -> Scenario:
        text = TEXT.format(target=HERE / "target_script.py")
        pairs = [(change.partition("=")[0], change.partition("=")[2]) for change in changes]
        return read_scenario(text, "scripted.yaml", "scripted", pairs).scenario

    return made


@pytest.fixture
def options(beside: Path) -> Callable[..., Options]:
    """Options with the scripted generator told how to behave."""

    def made(script: str = "well", **given: Any) -> Options:
        driver = (sys.executable, str(HERE / "driver_script.py"), script)
        inspector = (sys.executable, "-S", str(HERE / "inspect_script.py"))
        return Options(**{"beside": beside, "driver": driver, "inspector": inspector, "ready_within": 10.0, **given})

    return made
