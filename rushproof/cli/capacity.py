"""`rushproof capacity SCENARIO`: the highest offered rate that keeps the budget, and what gives first beyond it."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.asked import ask_labels, ask_whom
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs
    from rushproof.run.capacity import Asked

_ABOUT = "search for the highest rate at which the target keeps the budget"
_EXAMPLE = "rushproof capacity daily_reservation --forecast 2000/s"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "capacity", _ABOUT, _EXAMPLE, does)
    ask_whom(parser)
    ask_labels(parser)
    parser.add_argument(
        "--first", dest="rate", metavar="RATE", help="of the first rung (default: a quarter of the forecast, 10/s to 250/s)"
    )
    parser.add_argument("--rungs", type=int, default=12, metavar="N", help="runs at the most (default: %(default)s)")
    parser.add_argument("--within", default="5%", metavar="SHARE", help="how close the limit is to be known (default: 5%%)")
    parser.add_argument("--forecast", metavar="RATE", help="what is expected at the worst (default: the scenario's, or its worst second)")
    parser.add_argument("--least", default="6s", metavar="TIME", help="wall time of a rung at the least (default: %(default)s)")
    parser.add_argument("--most", default="20s", metavar="TIME", help="wall time of a rung at the most (default: %(default)s)")
    parser.add_argument("--evenly", action="store_true", help="arrivals at equal distances instead of independent ones")
    parser.add_argument("--out", metavar="DIR", help="a folder, new or empty (default: a stamped one under reports/runs)")
    parser.set_defaults(scale=None, speed=None, first=None, last=None, same_people=False)


def does(options: argparse.Namespace) -> int:
    """Search, print what was found; 0: a limit, not below a forecast that was given; 1: below, or a broken promise; 3: no limit."""
    import asyncio
    import datetime as dt
    import sys
    from pathlib import Path

    from rushproof.cli.asked import options_asked, scenario_asked
    from rushproof.cli.screen import Screen
    from rushproof.journal.capacity_file import write_capacity
    from rushproof.render import capacity as page
    from rushproof.run.capacity import Stand, capacity
    from rushproof.run.machine import run_id
    from rushproof.verdict import exit_code

    wish = _wish(options)
    file, beside = scenario_asked(options)
    folder = Path(options.out) if options.out else Path("reports", "runs", f"{run_id(dt.datetime.now())}-{file.scenario.name}-capacity")
    with Screen() as screen:

        def told(stand: Stand) -> None:
            screen.note(" ".join([f"{stand.rung.folder}:", page.line(stand.rung), page.between(stand.low, stand.high)]))

        found = asyncio.run(capacity(file.scenario, options_asked(options, file, beside), folder, wish, screen, told))
    write_capacity(folder, found)
    for name, render in page.RENDERERS.items():
        (folder / name).write_bytes(render(found))
    sys.stdout.buffer.write(page.text(found))
    print(f"\n{folder / 'capacity.md'}", flush=True)
    return exit_code(found.status)


def _wish(options: argparse.Namespace) -> "Asked":
    from rushproof.cli.reading import positive
    from rushproof.quantity import Duration, Rate, Share
    from rushproof.run.capacity import Asked

    return Asked(
        first=positive("--first", Rate, options.rate),
        rungs=options.rungs,
        within=float(positive("--within", Share, options.within) or 0.0),
        forecast=positive("--forecast", Rate, options.forecast),
        shortest=float(positive("--least", Duration, options.least) or 0.0),
        longest=float(positive("--most", Duration, options.most) or 0.0),
        spacing="even" if options.evenly else "poisson",
        again=_again(options),
    )


def _again(options: argparse.Namespace) -> tuple[str, ...]:
    """The command with every option that is not as it would be by itself; the folder left out."""
    words = ["rushproof", "capacity", options.scenario]
    given = {
        "--target": options.target, "--own-host": options.own_host, "--seed": options.seed, "--budget": options.budget,
        "--first": options.rate, "--forecast": options.forecast,
        "--workers": options.workers if options.workers != 1 else None, "--expect-workers": options.expect_workers or None,
        "--rungs": options.rungs if options.rungs != 12 else None, "--within": options.within if options.within != "5%" else None,
        "--least": options.least if options.least != "6s" else None, "--most": options.most if options.most != "20s" else None,
    }  # fmt: skip
    for flag, value in given.items():
        words += [flag, str(value)] if value is not None else []
    words += ["--evenly"] if options.evenly else []
    for path, value in options.changes:
        words += ["--set", f"{path}={value}"]
    return tuple(words)
