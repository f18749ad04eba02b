"""`python -m bench [--quick] [GOAL …]`: generator, truth, millions, backend, limit, draw, and the parts of a drill, as one table.

`python -m bench day` is the whole real day's volume, which takes half an hour; its own options follow it (`python -m bench day --help`).
"""

import argparse
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from bench.child import end
from bench.goal import OUT, read, table

GOALS = ("generator", "truth", "millions", "backend", "databases", "capacity", "draw", "recovery", "proxy", "switching")
LONGEST = 2400.0
"""seconds one goal may take before it is ended"""


def main() -> int:
    """0 when every goal was measured, whether met or not; 3 when one could not be measured."""
    if sys.argv[1:2] == ["day"]:
        del sys.argv[1]
        runpy.run_module("bench.day", run_name="__main__", alter_sys=True)
        return 0
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("goals", nargs="*", metavar="GOAL", help=f"of {', '.join(GOALS)} (default all), or day")
    parser.add_argument("--quick", action="store_true", help="a third of the time, for trying; the figures mean little")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="where the JSON goes (default %(default)s)")
    arguments = parser.parse_args()
    if unknown := set(arguments.goals) - set(GOALS):
        parser.error(f"no goal {', '.join(sorted(unknown))}; there are {', '.join(GOALS)} and day")
    signal.signal(signal.SIGTERM, _ended)
    failed = [goal for goal in arguments.goals or GOALS if not _measured(goal, arguments)]
    files = [arguments.out / f"{goal}.json" for goal in arguments.goals or GOALS if goal not in failed]
    print("\n" + table([mark for file in files for mark in read(file)]))
    for goal in failed:
        print(f"{goal}: not measured, see above")
    return 3 if failed else 0


def _measured(goal: str, arguments: argparse.Namespace) -> bool:
    """Runs one goal's own command, its output passing through; whether it ended well."""
    print(f"\n── {goal} ──", flush=True)
    command = [sys.executable, "-m", f"bench.{goal}", "--out", str(arguments.out), *(["--quick"] if arguments.quick else [])]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        return process.wait(LONGEST) == 0
    except subprocess.TimeoutExpired:
        print(f"{goal}: not done after {LONGEST:.0f} s", flush=True)
        return False
    finally:
        end(process)


def _ended(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
