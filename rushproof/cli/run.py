"""`rushproof run SCENARIO`: let a rush loose on a target, measure it and judge it."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.asked import ask, ask_labels
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs

_ABOUT = "run a scenario against its target and judge it"
_EXAMPLE = "rushproof run daily_reservation --scale 0.005 --speed 40"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "run", _ABOUT, _EXAMPLE, does)
    ask(parser)
    ask_labels(parser)
    parser.add_argument("--out", metavar="DIR", help="the run folder, new or empty (default: a stamped one under reports/runs)")


def does(options: argparse.Namespace) -> int:
    """Run, print the report and where its page is; the exit code is the verdict's."""
    import asyncio
    import datetime as dt
    from pathlib import Path

    from rushproof.cli.asked import options_asked, scenario_asked
    from rushproof.cli.screen import Screen
    from rushproof.render import RENDERERS
    from rushproof.run.machine import run_id
    from rushproof.run.story import run
    from rushproof.verdict import exit_code

    file, beside = scenario_asked(options)
    name = run_id(dt.datetime.now())
    folder = Path(options.out) if options.out else Path("reports", "runs", f"{name}-{file.scenario.name}")
    with Screen() as screen:
        if options.expect_workers:
            screen.note(f"waiting for {options.expect_workers} more: locust -f LOCUSTFILE --worker --master-host THIS-MACHINE")
        report = asyncio.run(run(file.scenario, options_asked(options, file, beside, name), folder, screen))
    print(RENDERERS["report.txt"](report).decode(), end="")
    print(f"\n{folder / 'report.html'}")
    return exit_code(report.verdict)
