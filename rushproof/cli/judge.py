"""`rushproof judge RUN`: judge a recorded run again, by its own budget or another."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(
        verbs, "judge", "judge a recorded run again, without its target", "rushproof judge reports/runs/NAME --budget strict.yaml", does
    )
    parser.add_argument("run", metavar="RUN", help="the run folder")
    parser.add_argument("--budget", metavar="FILE", help="a YAML file with the `budget:` to judge by instead of the run's own")
    parser.add_argument("--scenario", metavar="FILE", help="where the scenario lies now, for the invariants in `audit/` beside it")


def does(options: argparse.Namespace) -> int:
    """Judge, write the reports anew, print the text; the exit code is the verdict's."""
    from pathlib import Path

    import msgspec

    from rushproof import catalogue
    from rushproof.budget_check import check_budget
    from rushproof.cli.reading import budget_of
    from rushproof.document import Document
    from rushproof.journal import read, read_manifest
    from rushproof.render import RENDERERS
    from rushproof.run.sweep import judged, write_reports
    from rushproof.scenario_file import ScenarioFile
    from rushproof.verdict import exit_code

    folder = Path(options.run)
    manifest = read_manifest(folder)
    if options.budget:
        file = budget_of(options.budget, ScenarioFile(manifest.scenario, Document(options.budget, {}, {})))
        steps: dict[str, list[str]] = {name: [] for name in manifest.scenario.crowds}
        for crowd, step in read(folder).steps:
            steps.setdefault(crowd, []).append(step)
        wrong = check_budget(file.scenario.budget, steps, file.scenario.windows, file.scenario.drill)
        if wrong:
            raise file.document.errors(wrong)
        manifest = msgspec.structs.replace(manifest, scenario=file.scenario)
    places = (Path(options.scenario).parent, folder) if options.scenario else (folder, Path.cwd())
    report = judged(folder, catalogue.audits(*places), manifest)
    write_reports(folder, report)
    print(RENDERERS["report.txt"](report).decode(), end="")
    print(f"\n{folder / 'report.html'}")
    return exit_code(report.verdict)
