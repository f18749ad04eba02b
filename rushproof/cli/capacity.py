"""`rushproof capacity SCENARIO`: the highest offered rate that keeps the budget, and what gives first beyond it."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.series import ask_series
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs
    from rushproof.run.capacity import Asked

_ABOUT = "search for the highest rate at which the target keeps the budget"
_EXAMPLE = "rushproof capacity daily_reservation --forecast 2000/s"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "capacity", _ABOUT, _EXAMPLE, does)
    ask_series(parser)
    parser.add_argument(
        "--first", dest="first_rate", metavar="RATE", help="of the first rung (default: a quarter of the forecast, 10/s to 250/s)"
    )
    parser.add_argument("--rungs", type=int, default=12, metavar="N", help="runs at the most (default: %(default)s)")
    parser.add_argument("--within", default="5%", metavar="SHARE", help="how close the limit is to be known (default: %(default)s)")
    parser.add_argument("--forecast", metavar="RATE", help="what is expected at the worst (default: the scenario's, or its worst second)")
    parser.add_argument("--least", default="6s", metavar="TIME", help="wall time of a rung at the least (default: %(default)s)")
    parser.add_argument("--most", default="20s", metavar="TIME", help="wall time of a rung at the most (default: %(default)s)")
    parser.add_argument("--evenly", action="store_true", help="arrivals at equal distances instead of independent ones")


def does(options: argparse.Namespace) -> int:
    """Search, print what was found; 0: a limit, not below a forecast that was given; 1: below, or a broken promise; 3: no limit."""
    import asyncio

    from rushproof.cli.asked import options_asked, scenario_asked
    from rushproof.cli.screen import Screen
    from rushproof.cli.series import folder_of, leave
    from rushproof.journal.series_file import CAPACITY
    from rushproof.render import capacity as page
    from rushproof.run.capacity import Stand, capacity

    wish = _wish(options)
    file, beside = scenario_asked(options)
    folder = folder_of(options, file.scenario.name)
    with Screen() as screen:

        def told(stand: Stand) -> None:
            screen.note(" ".join([f"{stand.rung.folder}:", page.line(stand.rung), page.between(stand.low, stand.high)]))

        found = asyncio.run(capacity(file.scenario, options_asked(options, file, beside), folder, wish, screen, told))
    return leave(folder, CAPACITY, found, page.RENDERERS)


def _wish(options: argparse.Namespace) -> "Asked":
    from rushproof.cli.reading import positive
    from rushproof.cli.series import again
    from rushproof.quantity import Duration, Rate, Share
    from rushproof.run.capacity import Asked

    return Asked(
        first=positive("--first", Rate, options.first_rate),
        rungs=options.rungs,
        within=float(positive("--within", Share, options.within) or 0.0),
        forecast=positive("--forecast", Rate, options.forecast),
        shortest=float(positive("--least", Duration, options.least) or 0.0),
        longest=float(positive("--most", Duration, options.most) or 0.0),
        spacing="even" if options.evenly else "poisson",
        again=again(options),
    )
