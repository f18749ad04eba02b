"""`rushproof metastable SCENARIO`: whether the target comes back by itself once what broke it is mended, and at which load."""

import argparse
from typing import TYPE_CHECKING, Any

from rushproof.cli.asked import ask_labels, ask_whom
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs
    from rushproof.run.metastable import Asked

_ABOUT = "hold the load through a drill's faults and tell whether the target comes back by itself"
_EXAMPLE = "rushproof metastable smoke --drill outage.json --rate 300/s --for 30s"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "metastable", _ABOUT, _EXAMPLE, does)
    ask_whom(parser)
    ask_labels(parser)
    parser.add_argument("--drill", metavar="FILE", help="a Chaos Toolkit experiment whose faults are those of the drill")
    parser.add_argument(
        "--rate", metavar="RATE", help="visits a second that are held (default: the forecast, or the timetable's worst second)"
    )
    parser.add_argument(
        "--for", dest="fault", metavar="TIME", help="how long the fault lasts (default: as long as the drill is at speed 1)"
    )
    parser.add_argument("--baseline", default="60s", metavar="TIME", help="wall time before the fault (default: %(default)s)")
    parser.add_argument("--hold", default="30s", metavar="TIME", help="how long it has to stay well, and each step lasts (default: 30s)")
    parser.add_argument("--step", default="10%", metavar="SHARE", help="by how much the load is stepped down (default: 10%%)")
    parser.add_argument("--grid", action="store_true", help="loads × lengths of the fault, and the frontier between them")
    parser.add_argument("--loads", metavar="A,B", help="of the grid, as shares of the rate (default: 50%%,65%%,80%%,95%%)")
    parser.add_argument("--lengths", metavar="A,B", help="of the grid's faults (default: ¼, ½, 1 and 2 times --for)")
    parser.add_argument("--out", metavar="DIR", help="a folder, new or empty (default: a stamped one under reports/runs)")
    parser.set_defaults(scale=None, speed=None, first=None, last=None, same_people=False)


def does(options: argparse.Namespace) -> int:
    """Hold, print what was found; 0: never metastable; 1: at least once; 3: that cannot be told."""
    import asyncio
    import datetime as dt
    import sys
    from pathlib import Path

    from rushproof.cli.asked import options_asked, scenario_asked
    from rushproof.cli.screen import Screen
    from rushproof.journal.metastability_file import write_metastability
    from rushproof.metastability import Hold
    from rushproof.render import metastable as page
    from rushproof.run.machine import run_id
    from rushproof.run.metastable import check, metastable
    from rushproof.verdict import exit_code

    file, beside = scenario_asked(options)
    asked = options_asked(options, file, beside)
    check(file.scenario, asked, _wish(options, 1.0))
    wish = _wish(options, _length(file.scenario))
    name = f"{run_id(dt.datetime.now())}-{file.scenario.name}-metastable"
    folder = Path(options.out) if options.out else Path("reports", "runs", name)
    with Screen() as screen:

        def told(one: Hold) -> None:
            screen.note(f"{one.folder}: {page.line(one)}")

        found = asyncio.run(metastable(file.scenario, asked, folder, wish, screen, told))
    write_metastability(folder, found)
    for name, render in page.RENDERERS.items():
        (folder / name).write_bytes(render(found))
    sys.stdout.buffer.write(page.text(found))
    print(f"\n{folder / 'metastable.md'}", flush=True)
    return exit_code(found.status)


def _length(scenario: Any) -> float:
    from rushproof.held import length_of

    return length_of(scenario)


def _wish(options: argparse.Namespace, own: float) -> "Asked":
    """What was asked for; `own`: seconds that the drill lasts where nobody says how long."""
    from rushproof.cli.reading import positive
    from rushproof.quantity import Duration, Rate, Share
    from rushproof.run.metastable import LENGTHS, LOADS, Asked

    fault = positive("--for", Duration, options.fault)
    loads: tuple[float, ...] = tuple(_each("--loads", Share, options.loads))
    lengths: tuple[float, ...] = tuple(_each("--lengths", Duration, options.lengths))
    if options.grid:
        loads, lengths = loads or LOADS, lengths or tuple(length * (fault or own) for length in LENGTHS)
    return Asked(
        rate=positive("--rate", Rate, options.rate),
        fault=fault,
        baseline=positive("--baseline", Duration, options.baseline) or 0.0,
        hold=positive("--hold", Duration, options.hold) or 0.0,
        step=positive("--step", Share, options.step) or 0.0,
        loads=loads,
        lengths=lengths,
        again=_again(options),
    )


def _each(flag: str, kind: Any, text: str | None) -> list[float]:
    from rushproof.cli.reading import positive

    return [positive(flag, kind, word) or 0.0 for word in text.split(",")] if text else []


def _again(options: argparse.Namespace) -> tuple[str, ...]:
    """The command with every option that is not as it would be by itself; the folder left out."""
    words = ["rushproof", "metastable", options.scenario]
    given = {
        "--target": options.target, "--own-host": options.own_host, "--seed": options.seed, "--budget": options.budget,
        "--drill": options.drill,
        "--rate": options.rate, "--for": options.fault, "--loads": options.loads, "--lengths": options.lengths,
        "--workers": options.workers if options.workers != 1 else None, "--expect-workers": options.expect_workers or None,
        "--baseline": options.baseline if options.baseline != "60s" else None,
        "--hold": options.hold if options.hold != "30s" else None, "--step": options.step if options.step != "10%" else None,
    }  # fmt: skip
    for flag, value in given.items():
        words += [flag, str(value)] if value is not None else []
    words += ["--grid"] if options.grid else []
    for path, value in options.changes:
        words += ["--set", f"{path}={value}"]
    return tuple(words)
