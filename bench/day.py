"""Goal 4: a whole real day's volume, 7,120,000 reservations by as many persons (`python -m bench day [--people N]`).

The scenario `volume_day` is run by the command itself on all cores, with a database of its own, and everything is read from the run folder
afterwards; what the generator and the backend hold in memory is looked at from outside while it runs.  With fewer `--people` the same rate
is kept for a shorter time.
"""

import json
import sys
import time
from pathlib import Path

import msgspec
import numpy as np

from bench.child import Failed, child
from bench.goal import Mark
from bench.machine import CORES, named, resident
from bench.room import Room, enter
from rushproof.journal import read
from rushproof.keyed import FloatArray, IntArray
from rushproof.sample import Distribution, Outcome

PEOPLE, SCENARIO_SECONDS, SPEED = 7_120_000, 3_540.0, 2.4
MILLION = 1_000_000
MEGABYTE = 1_000_000
LOOK = 5.0
"""seconds between two looks at the memory"""
WATCHED = {"generator": "rushproof.engine", "backend": "fake_backend"}


class Look(msgspec.Struct, frozen=True):
    """What the processes held at a moment (unix time), bytes."""

    at: float
    held: dict[str, int]


class Went(msgspec.Struct, frozen=True):
    """The run as seen from outside."""

    code: int
    ended: float
    """unix time"""
    looks: tuple[Look, ...]


def went(room: Room, folder: Path, speed: float, people: int) -> Went:
    """Runs the scenario to its end, looking at the memory of its processes on the way."""
    command = [sys.executable, "-m", "rushproof", "run", "volume_day", "--speed", str(speed), "--out", str(folder)]
    if people < PEOPLE:
        command += ["--to", f"open + {SCENARIO_SECONDS * people / PEOPLE:.3f}s"]
    limit = time.monotonic() + SCENARIO_SECONDS / speed * people / PEOPLE + 600
    looks: list[Look] = []
    log = room.folder / "run.out"
    with child(command, CORES, log) as process:
        while process.poll() is None:
            if time.monotonic() > limit:
                raise Failed(f"the run was not over in time; it said: {log.read_text(errors='replace').strip()[-800:]}")
            pids = {name: named(process.pid, word) for name, word in WATCHED.items()}
            looks.append(Look(time.time(), {name: resident(pid) for name, pid in pids.items() if pid}))
            _wait(process.poll, LOOK)
        ended = time.time()
    if not (folder / "verdict.json").exists():
        raise Failed(f"the run ended with {process.returncode}: {log.read_text(errors='replace').strip()[-800:]}")
    return Went(process.returncode, ended, tuple(looks))


def _wait(poll: "object", seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while poll() is None and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.05)


def by_second(folder: Path, distribution: Distribution) -> IntArray:
    """Reservations that came out `ok` in each wall second since the start: by when they were due, or (SERVED) by when they were done."""
    recorded = read(folder)
    step = [name for _, name in recorded.steps].index("reserve")
    rows = recorded.cells
    picked = rows[(rows["step"] == step) & (rows["distribution"] == distribution) & (rows["outcome"] == Outcome.OK)]
    return np.bincount(picked["at"], weights=picked["count"]).astype(np.int64)


def growth(looks: tuple[Look, ...], name: str, start: float, at: FloatArray, served: IntArray, last: float, warm: int) -> float | None:
    """Bytes a process grew by with every 100,000 visits after the first `warm`: a straight line through the looks until `last`."""
    seconds = np.array([look.at - start for look in looks if name in look.held])
    held = np.array([look.held[name] for look in looks if name in look.held], dtype=np.float64)
    visits = np.interp(seconds, at, served)
    steady = (visits >= warm) & (seconds <= last)
    if steady.sum() < 3:
        return None
    slope, _ = np.polyfit(visits[steady], held[steady], 1)
    return float(slope * 100_000)


def marks(folder: Path, run: Went, people: int) -> tuple[list[Mark], dict[str, object]]:
    """Everything that goal 4 asks, from the run folder and the looks."""
    told = json.loads((folder / "verdict.json").read_text())
    manifest = json.loads((folder / "run.json").read_text())
    served = np.cumsum(by_second(folder, Distribution.SERVED))
    at = np.arange(1, len(served) + 1, dtype=np.float64)
    counts, intents = told["counts"], told["steps"]["reserve"]["intents"]
    block = min(MILLION, people // 3)
    first = block / float(np.interp(block, served, at))
    last = block / float(at[-1] - np.interp(served[-1] - block, served, at))
    broken = [finding["name"] for finding in told["findings"] if finding["kind"] == "invariant" and finding["status"] != "pass"]
    due = by_second(folder, Distribution.RESPONSE)[: int(manifest["elapsed"])]
    found = [
        Mark(
            4, "reservations acknowledged", intents.get("ok", 0), "≥", counts["offered"], "", f"of {counts['offered']:,} persons who came"
        ),
        Mark(4, "persons who came", counts["offered"], "≥", people),
        Mark(4, "invariants broken or unknown", len(broken), "≤", 0, "", ", ".join(broken)),
        Mark(4, "time until the last report", manifest["drained"] / 60, "≤", 30 * people / PEOPLE, "min"),
        Mark(4, "rate of the last million against the first", last / first, "≥", 0.8, "×", f"{last:,.0f}/s against {first:,.0f}/s"),
        Mark(4, "busiest second over the mean", float(due.max() / due.mean()), "≤", 1.3, "×"),
        Mark(4, "export, audit, report and stop", run.ended - told["started"] - manifest["drained"], "≤", 60, "s"),
    ]
    for name in WATCHED:
        grown = growth(run.looks, name, told["started"], at, served, manifest["elapsed"], block)
        most = max((look.held.get(name, 0) for look in run.looks), default=0)
        figure = None if grown is None else grown / MEGABYTE
        found.append(
            Mark(4, f"memory of the {name}: growth per 100,000 visits", figure, "≤", 1.0, "MB", f"{most / MEGABYTE:,.0f} MB at most")
        )
    return found, {"verdict": told["verdict"], "counts": counts, "intents": intents, "generator": told["generator"], "looks": run.looks}


def main() -> None:
    """Runs the day, prints the table, writes `day.json`."""
    more = {
        "--people": {"type": int, "default": PEOPLE, "metavar": "N", "help": "how many persons (default %(default)s)"},
        "--speed": {
            "type": float,
            "default": SPEED,
            "metavar": "F",
            "help": "the run's speed: 2.4 is 25 minutes, 3 is 20 (default %(default)s)",
        },
        "--keep": {"type": Path, "metavar": "DIR", "help": "keep the run folder here (new or empty) instead of throwing it away"},
    }
    with enter("day", __doc__, more) as room:
        people = min(room.arguments.people, 200_000) if room.quick else room.arguments.people
        folder = room.arguments.keep or room.folder / "run"
        run = went(room, folder, room.arguments.speed, people)
        room.say((room.folder / "run.out").read_text(errors="replace"))
        found, facts = marks(folder, run, people)
        room.leave(found, {"people": people, "exit_code": run.code, **facts})


if __name__ == "__main__":
    main()
