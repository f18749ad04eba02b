"""A drill on the foreign service, which has no switches: its process is frozen, and its network is cut."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from page import settle

QUICK = Path(__file__).parents[1] / "metastable" / "quick.py"
DIFFERENCES = """
SELECT coalesce(sum(abs(i.total - i.remaining - coalesce(b.sold, 0))), 0) AS open
FROM inventory i LEFT JOIN (SELECT activity_id, store_code, count(*) AS sold FROM bookings GROUP BY 1, 2) b USING (activity_id, store_code)
""".replace("\n", " ")
CHANGES = {
    "timetable.to": "open + 27s",
    "warm_up": "2s",
    "crowds.bookers.arrivals": "{shape: steady, from: open, for: 27s, rate: 60/s}",
    "crowds.bookers.connections": "{timeout: 2s, cap: 500}",
    "probes": f"{{differences: {{sql: '{DIFFERENCES}', dsn: '${{env:SEATS_DSN}}'}}}}",
    "drill.service": "{step: book, within: 1s, window: 2s, hold: 3s, drop: 5%, slowest: 1s}",
    "drill.faults.frozen": "{inject: process, do: stop, at: open + 10s, for: 2s, pid_file: service.pid}",
    "drill.faults.cut": "{inject: network, down: true, at: open + 14s, for: 2s}",
    "drill.ledger": "{probe: differences, time: wall, hold: 1s}",
    "budget": "[{measure: recovery.service, at_most: 10s}]",
}


@pytest.mark.slow  # half a minute of load: a baseline, two faults, and what comes after them
def test_a_service_without_switches_is_frozen_and_cut_off_and_two_clocks_are_read(company, tmp_path):
    path = settle(company, tmp_path, users=4_000)
    (path.parent / "service.pid").write_text(f"{company.pid}\n")
    changes = [word for place, value in CHANGES.items() for word in ("--set", f"{place}={value}")]
    done = subprocess.run(
        [sys.executable, str(QUICK), "run", str(path), "--out", "drilled", *changes],
        cwd=tmp_path, env={**os.environ, "SEATS_DSN": company.dsn}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=110, check=False, text=True,
    )  # fmt: skip
    assert (tmp_path / "drilled" / "verdict.json").is_file(), done.stdout
    verdict = json.loads((tmp_path / "drilled" / "verdict.json").read_text())
    recovery = verdict["recovery"]
    assert {name: recovery[name]["status"] for name in ("service", "backlog", "ledger", "customer")} == {
        "service": "recovered",
        "backlog": "not observed",
        "ledger": "recovered",
        "customer": "not observed",
    }, done.stdout
    assert [(one["fault"], one["problem"]) for one in recovery["faults"]] == [("frozen", ""), ("cut", "")]
    assert recovery["loss"]["service"] > 1.0, "for four seconds nobody got through"
    experiment = json.loads((tmp_path / "drilled" / "chaostoolkit" / "experiment.json").read_text())
    assert [each["name"] for each in experiment["method"]] == ["frozen", "cut"]
