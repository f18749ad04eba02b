"""`rushproof metastable SCENARIO`: whether the target comes back by itself once what broke it is mended, and at which load."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.asked import ask_unguarded
from rushproof.cli.series import ask_series
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs
    from rushproof.run.metastable import Asked

_ABOUT = "hold the load through a drill's faults and tell whether the target comes back by itself"
_EXAMPLE = "rushproof metastable smoke --drill outage.json --rate 300/s --for 30s"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "metastable", _ABOUT, _EXAMPLE, does)
    ask_series(parser)
    parser.add_argument("--drill", metavar="FILE", help="a Chaos Toolkit experiment whose faults are those of the drill")
    parser.add_argument(
        "--rate", metavar="RATE", help="visits a second that are held (default: the forecast, or the timetable's worst second)"
    )
    parser.add_argument(
        "--for", dest="fault", metavar="TIME", help="how long the fault lasts (default: as long as the drill is at speed 1)"
    )
    parser.add_argument("--baseline", default="60s", metavar="TIME", help="wall time before the fault (default: %(default)s)")
    parser.add_argument(
        "--hold", default="30s", metavar="TIME", help="how long it has to stay well, and each step lasts (default: %(default)s)"
    )
    parser.add_argument("--step", default="10%", metavar="SHARE", help="by how much the load is stepped down (default: %(default)s)")
    parser.add_argument("--grid", action="store_true", help="loads × lengths of the fault, and the frontier between them")
    parser.add_argument("--loads", metavar="A,B", help="of the grid, as shares of the rate (default: 50%%,65%%,80%%,95%%)")
    parser.add_argument("--lengths", metavar="A,B", help="of the grid's faults (default: ¼, ½, 1 and 2 times --for)")
    ask_unguarded(parser)


def does(options: argparse.Namespace) -> int:
    """Hold, print what was found; 0: never metastable; 1: at least once; 3: that cannot be told."""
    import asyncio

    from rushproof.cli.asked import options_asked, scenario_asked
    from rushproof.cli.screen import Screen
    from rushproof.cli.series import folder_of, leave
    from rushproof.journal.series_file import METASTABLE
    from rushproof.metastability import Hold
    from rushproof.render import metastable as page
    from rushproof.run.metastable import metastable

    wish = _wish(options)
    file, beside = scenario_asked(options)
    folder = folder_of(options, file.scenario.name)
    with Screen() as screen:

        def told(one: Hold) -> None:
            screen.note(f"{one.folder}: {page.line(one)}")

        found = asyncio.run(metastable(file.scenario, options_asked(options, file, beside), folder, wish, screen, told))
    return leave(folder, METASTABLE, found, page.RENDERERS)


def _wish(options: argparse.Namespace) -> "Asked":
    from rushproof.cli.reading import positive
    from rushproof.cli.series import again
    from rushproof.quantity import Duration, Quantity, Rate, Share
    from rushproof.run.metastable import Asked

    def each(flag: str, kind: type[Quantity], words: str | None) -> tuple[float, ...]:
        return tuple(positive(flag, kind, word) or 0.0 for word in words.split(",")) if words else ()

    return Asked(
        rate=positive("--rate", Rate, options.rate),
        fault=positive("--for", Duration, options.fault),
        baseline=positive("--baseline", Duration, options.baseline) or 0.0,
        hold=positive("--hold", Duration, options.hold) or 0.0,
        step=positive("--step", Share, options.step) or 0.0,
        grid=options.grid,
        loads=each("--loads", Share, options.loads),
        lengths=each("--lengths", Duration, options.lengths),
        again=again(options),
    )
