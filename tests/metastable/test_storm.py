"""The procedure against two real servers: one is brought down by a stall of a second and stays down, the other is slow and comes back."""

import subprocess
import sys
from pathlib import Path

import pytest

from rushproof.journal.metastability_file import read_metastability
from rushproof.verdict import Status

HERE = Path(__file__).parent
SCENARIO = """
about: People who try again, and a stall
target:
  command: {python} {server} {{port}} 280 {kind}
  url: http://127.0.0.1:{{port}}
timetable: {{from: "09:00", to: "09:02"}}
population: {{patience: {{least: 3s, most: 3s}}}}
crowds:
  askers:
    persona: ./persona.py
    connections: {{cap: 4000}}
    arrivals: {{shape: steady, from: "09:00", for: 2min, rate: 200/s, spacing: poisson}}
drill:
  service: {{step: ask, within: 1s, window: 1s, drop: 5%, slowest: 500ms}}
  faults:
    stall: {{inject: switch, at: "09:01", for: 1s, path: /faults/stall}}
generator: {{lag: 5s, busy: 100%, turn: 5s, unsent: 100%, tainted: 100%, peak: 0}}
drain: 4s
"""
WORDS = ("--rate", "200/s", "--baseline", "5s", "--hold", "3s", "--step", "30%")


@pytest.mark.slow  # a baseline, a stall, five times its length, and three steps down: about thirty seconds of load, both at once
def test_a_retry_storm_is_metastable_and_a_slow_but_honest_target_is_not(tmp_path: Path) -> None:
    started = {}
    for kind in ("storm", "honest"):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / "persona.py").write_text((HERE / "persona.py").read_text())
        (folder / "stalled.yaml").write_text(SCENARIO.format(python=sys.executable, server=HERE / "storm_server.py", kind=kind))
        words = [sys.executable, str(HERE / "quick.py"), "metastable", "./stalled.yaml", *WORDS, "--out", "found"]
        started[kind] = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = {kind: process.communicate(timeout=110)[0] for kind, process in started.items()}

    found = {kind: read_metastability(tmp_path / kind / "found") for kind in ("storm", "honest")}
    (storm,), (honest,) = found["storm"].holds, found["honest"].holds
    assert (storm.fate, started["storm"].returncode) == ("metastable", 1), said["storm"]
    assert storm.after > 1.5 * storm.before, "people tried again, and that kept it down"
    assert storm.released is not None and storm.released <= 150, said["storm"]
    assert storm.hysteresis == pytest.approx(storm.released / 200)
    assert "It came back when the load was let down to" in found["storm"].sentence

    assert (honest.fate, started["honest"].returncode) in [("slow", 0), ("recovered", 0)], said["honest"]
    assert honest.seconds > 2 and honest.hysteresis == 1.0
    assert found["honest"].status is Status.PASS
