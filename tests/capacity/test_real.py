"""The command against a real server whose knee is known: over sockets, with Locust, the engine, rungs, folders and reports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from queues import Queue

from rushproof.journal.series_file import CAPACITY

HERE = Path(__file__).parent
QUEUE, BOUND = Queue(servers=4, mean=0.007), 0.050

PERSONA = '''
from rushproof.driver import Crowd, Person, Step, Target


class Asker(Crowd):
    """Asks once."""

    steps = {"ask": Step()}

    async def visit(self, person: Person, target: Target) -> None:
        await target.get("/", step="ask")
'''
SCENARIO = """
about: A queue whose knee is known
target:
  command: {python} {server} {{port}} 4 0.007 5
  url: http://127.0.0.1:{{port}}
timetable: {{from: "09:00", to: "09:00:05"}}
crowds:
  askers:
    persona: ./asker.py
    arrivals: {{shape: steady, from: "09:00", for: 5s, rate: 100/s}}
budget:
  - {{measure: p90, step: ask, at_most: 50ms}}
  - {{measure: throughput, step: ask, at_least: 90/s}}
forecast: 300/s
generator: {{lag: 50ms, busy: 98%, turn: 250ms, unsent: 20%, tainted: 60%, peak: 0}}
drain: 4s
"""


@pytest.mark.slow  # a search is some six runs of three to six seconds each
def test_the_limit_of_a_real_server_is_its_knee(tmp_path):
    (tmp_path / "asker.py").write_text(PERSONA)
    (tmp_path / "queue.yaml").write_text(SCENARIO.format(python=sys.executable, server=HERE / "queue_server.py"))
    words = ["capacity", "./queue.yaml", "--first", "150/s", "--least", "3s", "--most", "5s", "--out", "found"]
    done = subprocess.run(
        [sys.executable, "-m", "rushproof", *words], cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    found = CAPACITY.read(tmp_path / "found")

    knee = QUEUE.knee(BOUND, share=0.1)
    assert len(found.rungs) <= 12
    assert found.found and found.limit < found.beyond <= found.limit * 1.05 * (1 + 1e-9)
    assert found.limit / 1.05 <= knee <= found.beyond * 1.05, done.stdout
    assert found.given and found.forecast == 300
    assert found.left_out == ("throughput ask ≥ 90/s",)
    assert done.stdout.startswith("Pass: ")
    assert "headroom" in done.stdout

    # a queue follows the law only roughly, but a highest rate that is told is near that of its servers: no rung came beyond it
    assert found.law is None or found.law.far or found.law.highest == pytest.approx(QUEUE.most, rel=0.4)
    for rung in found.rungs:
        assert rung.served == pytest.approx(min(rung.rate, QUEUE.most), rel=0.15), rung
        assert (tmp_path / "found" / rung.folder / "report.html").is_file()
    people = [json.loads((tmp_path / "found" / rung.folder / "run.json").read_text()) for rung in found.rungs]
    firsts = [one["first_person"] for one in people]
    assert firsts == sorted(set(firsts)), "every rung takes fresh people"
