"""The judge is judged: what is planted in the reference backend is found, over the wire, by the invariant that names it.

All five are planted at once, because a run costs seconds; each invariant by itself is shown its one defect in `tests/audit`.
"""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

FOUND_BY = {
    "lose_acknowledged": "acknowledged_is_kept",
    "store_twice": "one_a_person_and_round",
    "store_unasked": "nothing_unasked",
    "accept_outside_window": "nothing_outside_the_window",
    "leave_gap": "no_gap",
}
SECOND = ["timetable.from=open - 500ms", "timetable.to=open + 1s", "windows={}", "budget=[]"]
COMING = ["crowds.reservers.arrivals.from=open - 500ms", "crowds.reservers.arrivals.for=1.5s"]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = tmp_path_factory.mktemp("planted") / "reservations.sqlite"
    command = [sys.executable, "-m", "fake_backend", "--port", "0", "--database", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            listening = re.search(r"http://\S+", process.stdout.readline())
            assert listening
            yield listening[0]
        finally:
            process.terminate()
            process.wait(timeout=20)


def plant(backend: str, defect: str) -> None:
    body = json.dumps({"share": 0.1, "ttl": 60}).encode()
    put = urllib.request.Request(f"{backend}/switches/{defect}", body, {"content-type": "application/json"}, method="PUT")
    with urllib.request.urlopen(put, timeout=5):
        pass


@pytest.fixture(scope="module")
def found(backend: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, str]]:
    """The exit code of a run against all of them, and each invariant's status."""
    for defect in FOUND_BY:
        plant(backend, defect)
    here = tmp_path_factory.mktemp("run")
    changes = [word for change in (*SECOND, *COMING) for word in ("--set", change)]
    command = [sys.executable, "-m", "rushproof", "run", "smoke", "--target", backend, "--out", "run", *changes]
    code = subprocess.run(command, cwd=here, capture_output=True, timeout=90, check=False).returncode
    findings = json.loads(Path(here / "run" / "verdict.json").read_text())["findings"]
    return code, {finding["name"]: finding["status"] for finding in findings if finding["kind"] == "invariant"}


@pytest.mark.parametrize("defect", FOUND_BY)
def test_a_planted_defect_is_found_by_the_invariant_that_names_it(defect: str, found: tuple[int, dict[str, str]]) -> None:
    assert found[1][FOUND_BY[defect]] == "fail"


def test_a_broken_invariant_fails_the_run(found: tuple[int, dict[str, str]]) -> None:
    assert found[0] == 1
