"""The reservation day in small: 150 people, ten shops, forty bottles, a day and a half in twenty seconds; for tests that live all of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "close": "09:10", "draw": "09:30", "publish": "18:00", "pay_by": "18:40", "pay_again_within": "30min", "bill": "1d 09:30",
    "pickup_by": "1d 12:00", "bottles": "40", "shops": "10", "regions": "2", "share": "1",
}  # fmt: skip
STRETCHES = [
    ("09:00", "09:12", "180"), ("09:12", "09:50", "1200"), ("09:50", "17:59:30", "jump"), ("17:59:30", "18:10", "200"),
    ("18:10", "20:00", "1500"), ("20:00", "08:30 + 1d", "jump"), ("08:30 + 1d", "12:30 + 1d", "4800"), ("12:30 + 1d", "23:50 + 1d", "jump"),
    ("23:50 + 1d", "00:10 + 2d", "1200"),
]  # fmt: skip


def scenario(**more: Any) -> str:
    """reservation_day, made small; `more` are keys of its own, and where `persons` is one of them everybody shows a token."""
    day = yaml.safe_load((ROOT / "scenarios" / "reservation_day.yaml").read_text())
    command = day["target"]["command"].replace("share={scale}", " --set ".join(f"{name}='{value}'" for name, value in SETTINGS.items()))
    day["target"] |= {"command": command, "quiet_within": "20s"}
    moments = {"open": "09:00", "close": "09:10", "draw": "09:30", "publish": "18:00", "pay_by": "18:40", "pickup_by": "12:00 + 1d"}
    stretches = [{"from": first, "to": last, "speed": speed} for first, last, speed in STRETCHES]
    day["timetable"] = {"from": "open", "to": "00:10 + 2d", "moments": moments, "stretches": stretches}
    day["population"] |= {"shops": "10", "regions": "2"}
    day["windows"], day["budget"] = {}, []
    day["audit"].remove("something_happened")  # whether one of forty payments fails is the gateway's chance
    day["crowds"] = {
        "reservers": {"persona": "daily_reserver", "people": "150", "arrivals": _steady("open", "5min")},
        "checkers": {"persona": "entry_checker", "of": "reservers", "share": "20%", "arrivals": _steady("open + 7min", "1min")},
        "winners": {
            "persona": "winner", "of": "reservers", "arrivals": _steady("publish", "4min"),
            "settings": {"never_pay": "15%", "at_once": "80%", "back_after": "45min", "fetch_after": "14h", "never_fetch": "10%"},
        },
        "watchers": {"persona": "result_watcher", "of": "reservers", "share": "30%", "arrivals": _steady("publish - 10s", "2min")},
    }  # fmt: skip
    if "persons" in more:
        day["target"] |= {"command": f"{command} --set identity=token", "transport": {"headers": {"Authorization": "Bearer {token}"}}}
    return yaml.safe_dump(day | more, sort_keys=False)


def _steady(first: str, length: str) -> dict[str, str]:
    return {"shape": "steady", "from": first, "for": length}


def lived(folder: Path, text: str, *words: str) -> tuple[int, dict[str, Any]]:
    """The exit code of a run of the scenario, and its verdict."""
    (folder / "day.yaml").write_text(text)
    command = [sys.executable, "-m", "rushproof", "run", "./day.yaml", "--scale", "1", "--out", "run", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    assert (folder / "run" / "verdict.json").exists(), done.stdout + done.stderr
    return done.returncode, json.loads((folder / "run" / "verdict.json").read_text())
