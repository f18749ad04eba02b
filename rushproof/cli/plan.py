"""`rushproof plan SCENARIO`: what a run would come to, before a byte is sent."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.asked import ask
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from pathlib import Path

    from rushproof.cli.verbs import Verbs
    from rushproof.scenario_file import ScenarioFile

_ABOUT = "print what a run would come to: people, rates, rows, bytes, what it takes; nothing is sent"
_EXAMPLE = "rushproof plan daily_reservation --scale 0.005 --speed 40"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    ask(declare(verbs, "plan", _ABOUT, _EXAMPLE, does))


def does(options: argparse.Namespace) -> int:
    """Print the outlook, of each arm that is asked for; 0 where the run could begin."""
    from rushproof.cli.asked import arms_asked, each_arm

    return each_arm(arms_asked(options), lambda arm, file, beside: _one(options, arm, file, beside))


def _one(options: argparse.Namespace, arm: str, file: "ScenarioFile", beside: "Path") -> int:
    import asyncio
    import sys

    from rushproof.cli.asked import options_asked
    from rushproof.errors import PASS
    from rushproof.render.outlook import render
    from rushproof.run.survey import survey

    outlook = asyncio.run(survey(file.scenario, options_asked(options, file, beside, arm=arm)))
    sys.stdout.flush()
    sys.stdout.buffer.write(render(outlook))
    sys.stdout.buffer.flush()
    return PASS
