"""People who exist, through a whole run: shared by two workers, signed, taken once, and in no artefact."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

SCENARIO = """
about: Members come
target:
  command: python -m fake_backend --port {port} --database {folder}/reservations.sqlite --speed {speed}
  url: http://127.0.0.1:{port}
  ready: /health
  clock: /clock
timetable: {from: open, to: open + 2s, moments: {open: "09:00", close: "10:00"}}
persons: {file: members.csv, id: member, token: jwt, expires: ends, signer: "./tickets.py:sign"}
crowds:
  early: {persona: ./member.py, arrivals: {shape: steady, from: open, for: 2s, rate: 60/s}}
  late: {persona: ./member.py, arrivals: {shape: steady, from: open + 1s, for: 1s, rate: 40/s}}
ledgers:
  ledger: {export: /ledger/reservations.csv, content: [shop]}
audit: [acknowledged_is_kept, nothing_unasked]
budget:
  - {measure: share, step: reserve, outcome: error, at_most: 0.1%}
generator: {lag: 1s, busy: 100%, turn: 1s, unsent: 100%, tainted: 100%, peak: 0}
drain: 3s
"""
PERSONA = '''
from rushproof.driver import Crowd, Promise, Step


class Member(Crowd):
    """Enters the first round, with the token of its own."""

    steps = {"browse": Step(), "reserve": Step(promises=Promise("reservation", content=("shop",)))}

    async def visit(self, person, target):
        assert person.token == "canary-signed-" + person.id, "a token"
        rounds = (await target.get("/rounds", step="browse")).json()["rounds"]
        mine = {"person": person.id, "round": rounds[0]["round"], "shop": person.shop}
        await target.post("/reservations", mine, step="reserve", person=person, headers={"authorization": "Bearer " + person.token})
'''
SIGNER = """
import sys
import time

from rushproof.persons import Token


def sign(person):
    print("canary-printed", person.token)
    print("canary-printed", person.token, file=sys.stderr)
    return Token("canary-signed-" + person.id, time.time() + 600)
"""
MEMBERS = 360
TAKEN = 160
"""of a run: 120 early, 40 late"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[subprocess.CompletedProcess[str]]]:
    """Three runs, one after the other; there are members for two."""
    here = tmp_path_factory.mktemp("members")
    (here / "members.yaml").write_text(SCENARIO)
    (here / "member.py").write_text(PERSONA)
    (here / "tickets.py").write_text(SIGNER)
    rows = "".join(f"canary-m{number},canary-old{number},{time.time() - 60}\n" for number in range(MEMBERS))
    (here / "members.csv").write_text("member,jwt,ends\n" + rows)
    command = [sys.executable, "-m", "rushproof", "run", "./members.yaml", "--workers", "2", "--out"]
    done = [
        subprocess.run([*command, f"runs/{nth}"], cwd=here, capture_output=True, text=True, timeout=60, check=False) for nth in range(3)
    ]
    return here, done


def test_a_second_run_takes_the_next_rows_and_a_third_is_told_before_it_starts(runs: Any) -> None:
    here, done = runs
    assert [one.returncode for one in done] == [0, 0, 2], "".join(one.stdout + one.stderr for one in done)
    assert [json.loads((here / "runs" / str(nth) / "run.json").read_text())["first_person"] for nth in range(2)] == [0, TAKEN]
    assert f"{TAKEN} people come, but earlier runs in runs took {2 * TAKEN} of the {MEMBERS} rows, which leaves 40" in done[2].stderr
    assert not (here / "runs" / "2").exists()


def test_every_row_came_to_one_worker_once(runs: Any) -> None:
    here, _ = runs
    reserved = [
        duckdb.execute(f"SELECT count(*), count(DISTINCT person) FROM '{here / 'runs' / str(nth) / 'attempts' / '*.parquet'}'").fetchone()
        for nth in range(2)
    ]
    assert reserved == [(TAKEN, TAKEN)] * 2
    assert f"rows {TAKEN + 1} to {2 * TAKEN} of members.csv" in (here / "runs" / "1" / "report.txt").read_text()


def test_neither_an_id_nor_a_token_is_in_any_artefact(runs: Any) -> None:
    here, done = runs
    files = [file for file in (here / "runs").rglob("*") if file.is_file() and "target" not in file.relative_to(here).parts]
    assert len(files) > 20
    assert not [file for file in files if b"canary" in file.read_bytes()]
    assert not [one for one in done if "canary" in one.stdout + one.stderr]
