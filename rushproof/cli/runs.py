"""`rushproof runs [DIR]`: what was run so far, the newest last."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.verbs import declare, label

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs
    from rushproof.run.history import Past


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "runs", "list the runs made so far, the newest last", "rushproof runs --label build=2026.11.3", does)
    parser.add_argument("folder", metavar="DIR", nargs="?", help="a folder of run folders (default: reports/runs)")
    parser.add_argument(
        "--label", dest="labels", type=label, action="append", default=[], metavar="NAME=VALUE", help="only runs that were called so"
    )


def does(options: argparse.Namespace) -> int:
    """Print the table; 0 whatever the runs came to."""
    import sys
    from pathlib import Path

    from rushproof.errors import PASS
    from rushproof.run.history import RUNS, history

    folder = Path(options.folder) if options.folder else RUNS
    found, unreadable = history(folder, dict(options.labels))
    called = "".join(f" with the label {name}={value}" for name, value in options.labels)
    print(_table(found) if found else f"{folder}: no run{called}")
    for problem in unreadable:
        print(f"rushproof: {problem}", file=sys.stderr)
    return PASS


def _table(found: "list[Past]") -> str:
    """Tabs would do for programs; people get columns as wide as what stands in them, never cut."""
    heads = ("run", "scenario", "labels", "verdict", "scale", "speed", "step", "p99")
    rows = [heads, *map(_row, found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _row(past: "Past") -> tuple[str, ...]:
    from rushproof.quantity import Unit, show
    from rushproof.render.plain import visible

    manifest = past.manifest
    labels = " ".join(f"{name}={value}" for name, value in sorted(manifest.labels.items()))
    p99 = "–" if past.p99 is None else show(past.p99, Unit.SECONDS)
    verdict = past.verdict or f"({manifest.ending.value})"
    scenario = f"{manifest.scenario.name} ({manifest.arm})" if manifest.arm else manifest.scenario.name
    cells = (manifest.run, scenario, labels or "–", verdict, f"{manifest.people:g}", f"{manifest.speed:g}", past.step, p99)
    return tuple(map(visible, cells))
