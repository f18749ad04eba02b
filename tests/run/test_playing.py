"""Probes that are activities of Chaos Toolkit, and an experiment that a whole run goes through."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.journal import read, read_actions
from rushproof.probe import ProbeSpec
from rushproof.run.playing import Playing
from rushproof.run.prometheus import Number
from rushproof.run.story import run
from rushproof.scenario_file import read_scenario

SCENARIO = """
about: A scripted rush that goes through an experiment
target:
  command: "python {target} {{port}} {{folder}}"
  url: http://127.0.0.1:{{port}}
timetable: {{from: "09:00", to: "09:00:04"}}
crowds:
  people: {{persona: ./persona.py, arrivals: {{shape: steady, from: "09:00", for: 4s, rate: 40/s}}}}
drill: {{service: {{step: reserve}}, experiment: x.json, begins: "09:00:01"}}
drain: 1s
"""
MODULE = """
def doubled(number):
    return 2 * number

def fails():
    raise RuntimeError("not now")
"""


def probe(func: str, **more: Any) -> ProbeSpec:
    arguments = {"number": 4} if func == "doubled" else {}
    provider = {"type": "python", "module": "my_probes", "func": func, "arguments": arguments}
    return ProbeSpec(activity={"type": "probe", "name": func, "provider": provider, **more})


@pytest.mark.parametrize(
    ("spec", "number"),
    [
        (probe("doubled"), Number(8.0)),
        (probe("doubled", tolerance=8), Number(1.0)),
        (probe("doubled", tolerance=[9, 20]), Number(0.0)),
        (probe("fails", tolerance=True), Number(0.0)),
        (probe("fails"), Number(None, "RuntimeError: not now")),
    ],
)
def test_an_activity_is_a_number_or_whether_its_tolerance_is_met(spec: ProbeSpec, number: Number, tmp_path: Path) -> None:
    (tmp_path / "my_probes.py").write_text(MODULE)

    async def go() -> Number:
        playing = Playing(tmp_path)
        try:
            return await playing.number("x", spec, "http://127.0.0.1:9")
        finally:
            await playing.close()

    assert asyncio.run(go()) == number


def test_a_run_goes_through_an_experiment(options: Callable[..., Any], tmp_path: Path) -> None:
    """Its action, its rollback and its hypothesis, each where the target is; the moments are the drill's own."""

    def call(kind: str, name: str, method: str, path: str, **more: Any) -> dict[str, Any]:
        provider = {"type": "http", "url": "${target_url}" + path, "method": method, "timeout": 5}
        return {"type": kind, "name": name, "provider": provider, **more}

    experiment = {
        "title": "x",
        "description": "x",
        "steady-state-hypothesis": {"title": "well", "probes": [call("probe", "Is it there?", "GET", "/health", tolerance=200)]},
        "method": [call("action", "Break", "GET", "/busy?0", pauses={"after": 1})],
        "rollbacks": [call("action", "Mend", "GET", "/health")],
    }
    text = SCENARIO.format(target=Path(__file__).parent / "target_script.py")
    file = read_scenario(text, "scripted.yaml", "scripted", opened=lambda _: json.dumps(experiment))
    asyncio.run(asyncio.wait_for(run(file.scenario, options(), tmp_path / "run", lambda _: None), 90.0))
    injections, _ = read_actions(tmp_path / "run")
    assert [(one.fault, one.what, one.problem) for one in injections] == [("break", "inject", ""), ("break", "mend", "")]
    assert set(read(tmp_path / "run").probes["is_it_there"]["value"].tolist()) <= {0.0, 1.0}
