"""Goal 7: a draw over a whole real day's entries: 7.12 million in four rounds, from the ledger to bundles, verified by a stranger.

The draw is measured in a process that keeps a loop turning as the server does, so that what it would stall there is seen too.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.child import Failed
from bench.goal import Mark
from bench.room import Room, enter
from fake_backend.database.sqlite import Sqlite
from fake_backend.draw import verify_draw

ENTRIES, ROUNDS = 7_120_000, 4
DRAW, VERIFY, MEMORY, STALL = 60.0, 120.0, 2.0, 0.05
"""seconds, seconds, GB, seconds"""

_FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO reservations SELECT i, printf('p%012d', (i * 7919) % 1000000007), printf('2022-04-01.r%d', 1 + i % 4),
  printf('s%05d', 1 + abs(random() % 2000) * abs(random() % 2000) / 2000), printf('k%012d', i), 1648803600 + i * 3599.0 / ? FROM n"""


def fill(file: Path, entries: int) -> None:
    """A ledger with so many reservations, by SQLite itself."""
    import sqlite3

    Sqlite(file).close()
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(_FILL, (entries, entries))
    connection.close()


def measured(command: list[str]) -> tuple[float, dict[str, Any], float]:
    """Wall seconds of a command, what it said last, and the peak of its memory in GB, children and all counted as if at one time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took = time.perf_counter() - begun
    if done.returncode:
        raise Failed(f"{command[2]}: ended with {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}")
    peak = max(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, before)
    last = done.stdout.strip().splitlines()[-1]
    return took, json.loads(last) if last.startswith("{") else {}, peak / 1e6


def verified(room: Room, bundles: list[str]) -> tuple[float, float]:
    """Seconds and GB that a stranger needs for all bundles, side by side."""
    script = (
        "import json, resource, runpy, sys; sys.argv = sys.argv[1:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "own, most = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))\n"
        "print(json.dumps({'own': own, 'most': most})); sys.exit(code)"
    )
    took, said, _ = measured([sys.executable, "-c", script, str(verify_draw.__file__), *bundles])
    room.say(f"  verified in {took:.1f} s")
    return took, (said["own"] + 2 * said["most"]) / 1e6


def main() -> None:
    """Fill, draw, verify."""
    more: dict[str, dict[str, Any]] = {
        "--entries": {"type": int, "default": ENTRIES, "metavar": "N", "help": "in all rounds (default %(default)s)"}
    }
    with enter("draw", __doc__, more) as room:
        entries = room.arguments.entries // (10 if room.quick else 1)
        file = room.folder / "ledger.db"
        fill(file, entries)
        room.say(f"a ledger with {entries:,} reservations of {ROUNDS} rounds")
        took, said, _ = measured([sys.executable, "-m", "bench.drawing", str(file), str(room.folder)])
        drew, memory = said["seconds"], said["memory"]
        room.say(f"  frozen in {said['frozen']:.1f} s, drawn in {drew - said['frozen']:.1f} s, written in {said['written']:.1f} s")
        verify, verify_memory = verified(room, said["bundles"])
        share = entries / ENTRIES
        note = f"{entries:,} entries; CPU {said['own_cpu']:.0f} s here, {said['children_cpu']:.0f} s in two children at a time"
        note += "" if share == 1 else f"; bound × {share:.2g}"
        marks = [
            Mark(7, "draw: freeze, commit and draw", drew, "≤", DRAW * share, "s", note),
            Mark(7, "draw: memory", memory, "≤", MEMORY, "GB", "server and both counting children, each at its peak"),
            Mark(7, "draw: longest stall of the loop", said["stall"] * 1e3, "≤", STALL * 1e3, "ms", "a timer of 5 ms beside it"),
            Mark(
                7,
                "verify: all bundles",
                verify,
                "≤",
                VERIFY * share,
                "s",
                f"{said['bytes'] / 1e6:,.0f} MB in {ROUNDS} bundles, two at a time",
            ),
            Mark(7, "verify: memory", verify_memory, "≤", MEMORY, "GB", "two checking processes, each at its peak"),
        ]
        room.leave(marks, {"drawing": said, "took": took})


if __name__ == "__main__":
    main()
