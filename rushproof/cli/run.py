"""`rushproof run SCENARIO`: let a rush loose on a target, measure it and judge it."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.asked import ask, ask_labels
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rushproof.arm import Arm
    from rushproof.cli.verbs import Verbs
    from rushproof.report import Report
    from rushproof.scenario_file import ScenarioFile

_ABOUT = "run a scenario against its target and judge it"
_EXAMPLE = "rushproof run daily_reservation --scale 0.005 --speed 40"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "run", _ABOUT, _EXAMPLE, does)
    ask(parser)
    ask_labels(parser)
    parser.add_argument("--out", metavar="DIR", help="the run folder, new or empty (default: a stamped one under reports/runs)")


def does(options: argparse.Namespace) -> int:
    """Run, print the report and where its page is; the exit code is the verdict's, of arms how they stood beside what was expected."""
    from rushproof.arm import Arm
    from rushproof.cli.asked import arms_asked, each_arm, worst

    asked = arms_asked(options)
    reports: dict[str, Report] = {}
    code = each_arm(asked, lambda arm, file, beside: _one(options, arm, file, beside, reports))
    if "" in asked:
        return code
    return worst((code, _side_by_side(options, [Arm(name, file.scenario.expect, reports.get(name)) for name, (file, _) in asked.items()])))


def _side_by_side(options: argparse.Namespace, arms: "Sequence[Arm]") -> int:
    """Print the arms beside each other, and write the same page in every form beside their folders; 3 where that cannot be written."""
    import sys
    from pathlib import Path

    from rushproof.errors import CANNOT_TELL, PASS
    from rushproof.render.arms_pages import ARMS

    print(f"\n{ARMS['arms.txt'](arms).decode()}", end="")
    of = next((arm.report.manifest for arm in arms if arm.report is not None), None)
    if of is None:
        return PASS
    folder = Path(options.out) if options.out else Path("reports", "runs", f"{of.run}-{of.scenario.name}-arms")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, render in ARMS.items():
            (folder / name).write_bytes(render(arms))
    except OSError as problem:
        print(f"rushproof: {folder} cannot be written: {problem.strerror}", file=sys.stderr)
        return CANNOT_TELL
    print(f"\n{folder / 'arms.html'}")
    return PASS


def _one(options: argparse.Namespace, arm: str, file: "ScenarioFile", beside: "Path", before: "dict[str, Report]") -> int:
    """One run: of the scenario, or of an arm, which takes the people that the first of `before` took."""
    import asyncio
    import datetime as dt
    from pathlib import Path

    import msgspec

    from rushproof.arm import Arm
    from rushproof.cli.asked import options_asked
    from rushproof.cli.screen import Screen
    from rushproof.errors import Interrupted
    from rushproof.manifest import Ending
    from rushproof.render import RENDERERS
    from rushproof.run.machine import run_id
    from rushproof.run.story import run
    from rushproof.verdict import exit_code

    name = run_id(dt.datetime.now())
    folder = Path(options.out, arm) if options.out else Path("reports", "runs", "-".join(filter(None, (name, file.scenario.name, arm))))
    first = next((report.manifest.first_person for report in before.values()), None)
    asked = msgspec.structs.replace(options_asked(options, file, beside, name, arm), first_person=first)
    with Screen() as screen:
        if options.expect_workers:
            screen.note(f"waiting for {options.expect_workers} more: locust -f LOCUSTFILE --worker --master-host THIS-MACHINE")
        report = asyncio.run(run(file.scenario, asked, folder, screen))
    before[arm] = report
    print(RENDERERS["report.txt"](report).decode(), end="")
    print(f"\n{folder / 'report.html'}")
    came = Arm(arm, file.scenario.expect, report)
    if came.stated:
        print(f"arm {arm}: {came.told}")
    if arm and report.manifest.ending is Ending.INTERRUPTED:
        raise Interrupted("interrupted", exit_code(came.stood))
    return exit_code(came.stood)
