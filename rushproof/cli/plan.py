"""`rushproof plan SCENARIO`: what a run would come to, before a byte is sent."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.asked import ask
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs

_ABOUT = "print what a run would come to: people, rates, rows, bytes, what it takes; nothing is sent"
_EXAMPLE = "rushproof plan daily_reservation --scale 0.005 --speed 40"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    ask(declare(verbs, "plan", _ABOUT, _EXAMPLE, does))


def does(options: argparse.Namespace) -> int:
    """Print the outlook; 0 where the run could begin."""
    import asyncio
    import sys

    from rushproof.cli.asked import options_asked, scenario_asked
    from rushproof.errors import PASS
    from rushproof.render.outlook import render
    from rushproof.run.survey import survey

    file, beside = scenario_asked(options)
    outlook = asyncio.run(survey(file.scenario, options_asked(options, file, beside)))
    sys.stdout.buffer.write(render(outlook))
    sys.stdout.buffer.flush()
    return PASS
