"""Goal 10: how late a drill switches while both cores are at work (`python -m bench.switching [--quick]`).

The reference backend under a steady rush, with a switch of its own that goes on and off all the time; everything is read from the run
folder afterwards.  A switching is confirmed when the switch's answer says that it is so, which takes a turn of the busy backend.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bench.child import Failed, child
from bench.goal import Mark
from bench.machine import CORES
from bench.room import Room, enter
from rushproof.journal import read_actions

RATE = 2000
"""visits a second, each two requests: what keeps generator and backend busy on two cores and tainted on neither"""
SECONDS, EVERY = 60.0, 1.5
LONGER = 120.0
"""seconds that starting, draining and judging may take"""
WITHIN = 0.05
"""seconds from when a fault is due to when it is confirmed"""


def scenario(seconds: float) -> list[str]:
    """What is other than in `smoke`."""
    fault = f"inject: switch, path: /switches/slow_sync, set: {{delay: 0.0001}}, for: {EVERY / 2:g}s"
    faults = ", ".join(f"f{nth}: {{{fault}, at: open + {2 + nth * EVERY:g}s}}" for nth in range(int((seconds - 4) / EVERY)))
    changes = (
        f"timetable.to=open + {seconds:g}s", f"crowds.reservers.arrivals={{shape: steady, from: open, for: {seconds:g}s, rate: {RATE}/s}}",
        "windows={}", "budget=[]", f"drill={{service: {{step: reserve}}, faults: {{{faults}}}}}",
    )  # fmt: skip
    return [word for change in changes for word in ("--set", change)]


def switched(room: Room) -> dict[str, Any]:
    """Milliseconds from due to asked, and to confirmed, of all that was begun and of all that was mended."""
    seconds, folder = room.seconds(SECONDS), Path(room.folder, "run")
    command = [sys.executable, "-m", "rushproof", "run", "smoke", "--out", str(folder), *scenario(seconds)]
    log = Path(room.folder, "run.out")
    with child(command, CORES, log) as process:
        try:
            process.wait(seconds + LONGER)
        except subprocess.TimeoutExpired:
            raise Failed(f"the run was not over in time; it said: {log.read_text(errors='replace').strip()[-800:]}") from None
    if not (folder / "verdict.json").is_file():
        raise Failed(f"there was no run: {log.read_text(errors='replace').strip()[-800:]}")
    lines = [line for line in read_actions(folder)[0] if line.confirmed is not None]
    found: dict[str, Any] = {}
    for what in ("inject", "mend"):
        mine = [line for line in lines if line.what == what]
        found[what] = {
            "n": len(mine),
            "asked": [1000 * (line.asked - line.due) for line in mine],
            "confirmed": [1000 * ((line.confirmed or 0.0) - line.due) for line in mine],
        }
    return found


def main() -> None:
    """Measures, prints and writes."""
    with enter("switching", __doc__) as room:
        found = switched(room)
        marks = []
        for what, word in (("inject", "begun"), ("mend", "mended")):
            late = found[what]["confirmed"]
            half, most = np.quantile(late, [0.5, 1.0])
            note = f"of {len(late)}; half within {half:.1f} ms, asked within {max(found[what]['asked']):.1f} ms"
            marks.append(Mark(10, f"the latest fault {word}", float(most), "≤", 1000 * WITHIN, "ms", note))
        room.leave(marks, found)


if __name__ == "__main__":
    main()
