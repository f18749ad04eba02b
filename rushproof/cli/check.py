"""`rushproof check SCENARIO`: one person through every visit, before anybody else comes."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.asked import ask
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from pathlib import Path

    from rushproof.cli.verbs import Verbs
    from rushproof.scenario_file import ScenarioFile

_ABOUT = "walk one person through every visit, and say what has to be mended before a run and what it could not tell"
_EXAMPLE = "rushproof check ./my_scenario.yaml --target https://127.0.0.1:8443"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "check", _ABOUT, _EXAMPLE, does)
    ask(parser)
    parser.add_argument("--row", type=int, metavar="N", help="walk this person, from 0, of the people or of their file (default: the last)")


def does(options: argparse.Namespace) -> int:
    """Walk and print; 2 where something has to be mended first, 1 where one person broke an invariant, 0 otherwise; of arms the worst."""
    from rushproof.cli.asked import arms_asked, each_arm

    return each_arm(arms_asked(options), lambda arm, file, beside: _one(options, arm, file, beside))


def _one(options: argparse.Namespace, arm: str, file: "ScenarioFile", beside: "Path") -> int:
    import asyncio
    import sys

    from rushproof.cli.asked import options_asked
    from rushproof.errors import FAIL, NOT_STARTED, PASS
    from rushproof.render.walk import render
    from rushproof.run.secret import masked
    from rushproof.run.walk import walk

    found = asyncio.run(walk(file.scenario, options_asked(options, file, beside, arm=arm), options.row))
    sys.stdout.flush()
    sys.stdout.buffer.write(masked(render(found).decode()).encode())
    sys.stdout.buffer.flush()
    if found.obstacles:
        return NOT_STARTED
    return FAIL if found.broken else PASS
