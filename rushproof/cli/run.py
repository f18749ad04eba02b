"""`rushproof run SCENARIO`: let a rush loose on a target, measure it and judge it."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.asked import ask, ask_labels
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs
    from rushproof.report import Report

_ABOUT = "run a scenario against its target and judge it"
_EXAMPLE = "rushproof run daily_reservation --scale 0.005 --speed 40"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "run", _ABOUT, _EXAMPLE, does)
    ask(parser)
    ask_labels(parser)
    parser.add_argument("--out", metavar="DIR", help="the run folder, new or empty (default: a stamped one under reports/runs)")


def does(options: argparse.Namespace) -> int:
    """Run, print the report and where its page is; the exit code is the verdict's, of several arms the worst."""
    from rushproof.cli.asked import each_arm

    reports: dict[str, Report] = {}
    code = each_arm(options, lambda arm: _one(options, arm, reports))
    if options.arms != ("",):
        _side_by_side(options, reports)
    return code


def _side_by_side(options: argparse.Namespace, reports: "dict[str, Report]") -> None:
    """Print the arms beside each other, and write the same page in every form beside their folders."""
    from pathlib import Path

    from rushproof.errors import FolderError
    from rushproof.render.arms_pages import ARMS

    print(f"\n{ARMS['arms.txt'](reports, options.arms).decode()}", end="")
    if not reports:
        return
    of = next(iter(reports.values())).manifest
    folder = Path(options.out) if options.out else Path("reports", "runs", f"{of.run}-{of.scenario.name}-arms")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, render in ARMS.items():
            (folder / name).write_bytes(render(reports, options.arms))
    except OSError as problem:
        raise FolderError(f"{folder} cannot be written: {problem.strerror}") from None
    print(f"\n{folder / 'arms.html'}")


def _one(options: argparse.Namespace, arm: str, before: "dict[str, Report]") -> int:
    """One run: of the scenario, or of an arm, which takes the people that the first of `before` took."""
    import asyncio
    import datetime as dt
    from pathlib import Path

    import msgspec

    from rushproof.cli.asked import options_asked, scenario_asked
    from rushproof.cli.screen import Screen
    from rushproof.errors import LoadError
    from rushproof.manifest import Ending
    from rushproof.render import RENDERERS
    from rushproof.run.machine import run_id
    from rushproof.run.story import run
    from rushproof.verdict import exit_code

    file, beside = scenario_asked(options, arm)
    name = run_id(dt.datetime.now())
    folder = Path(options.out, arm) if options.out else Path("reports", "runs", "-".join(filter(None, (name, file.scenario.name, arm))))
    asked = options_asked(options, file, beside, name, arm)
    for first in before.values():
        asked = msgspec.structs.replace(asked, first_person=first.manifest.first_person)
        break
    with Screen() as screen:
        if options.expect_workers:
            screen.note(f"waiting for {options.expect_workers} more: locust -f LOCUSTFILE --worker --master-host THIS-MACHINE")
        report = asyncio.run(run(file.scenario, asked, folder, screen))
    before[arm] = report
    print(RENDERERS["report.txt"](report).decode(), end="")
    print(f"\n{folder / 'report.html'}")
    if arm and report.manifest.ending is Ending.INTERRUPTED:
        raise LoadError("interrupted")
    return exit_code(report.verdict)
