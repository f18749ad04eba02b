"""`rushproof mark [RUN] TEXT`: note what people did while a drill runs."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs

_ABOUT = "note something on a run's timeline, such as that somebody saw the alarm"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "mark", _ABOUT, 'rushproof mark "the gateway\'s duty officer answers"', does)
    parser.add_argument("folder", metavar="RUN", nargs="?", help="a run folder (default: the newest in reports/runs that is running)")
    parser.add_argument("text", metavar="TEXT", help="what happened")
    parser.add_argument("--at", metavar="M", help="when, as a moment of the timetable such as 18:41 (default: now)")


def does(options: argparse.Namespace) -> int:
    """Write it down and say when it was; `rushproof judge RUN` puts what is noted later into the report."""
    from pathlib import Path

    from rushproof.cli.asked import moment
    from rushproof.errors import PASS
    from rushproof.run.marking import mark, running

    folder = Path(options.folder) if options.folder else running()
    manifest, noted = mark(folder, options.text, moment("--at", options.at))
    clock = manifest.scenario.timetable.clock(manifest.pace.at(noted.at))
    print(f"{folder}: {clock} ({noted.at:.1f} s after the beginning): {noted.text}")
    return PASS
