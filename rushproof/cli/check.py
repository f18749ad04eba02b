"""`rushproof check SCENARIO`: one person through every visit, before anybody else comes."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.asked import ask
from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from rushproof.cli.verbs import Verbs

_ABOUT = "walk one person through every visit, and say what has to be mended before a run and what it could not tell"
_EXAMPLE = "rushproof check ./my_scenario.yaml --target https://127.0.0.1:8443"


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "check", _ABOUT, _EXAMPLE, does)
    ask(parser)
    parser.add_argument("--row", type=int, metavar="N", help="walk this person, from 0, of the people or of their file (default: the last)")


def does(options: argparse.Namespace) -> int:
    """Walk and print; 2 where something has to be mended first, 1 where one person broke an invariant, 0 otherwise; of arms the worst."""
    from rushproof.cli.asked import each_arm

    return each_arm(options, lambda arm: _one(options, arm))


def _one(options: argparse.Namespace, arm: str) -> int:
    import asyncio
    import sys

    from rushproof.cli.asked import options_asked, scenario_asked
    from rushproof.errors import FAIL, NOT_STARTED, PASS
    from rushproof.render.walk import render
    from rushproof.run.secret import masked
    from rushproof.run.walk import walk

    file, beside = scenario_asked(options, arm)
    found = asyncio.run(walk(file.scenario, options_asked(options, file, beside, arm=arm), options.row))
    sys.stdout.flush()
    sys.stdout.buffer.write(masked(render(found).decode()).encode())
    sys.stdout.buffer.flush()
    if found.obstacles:
        return NOT_STARTED
    return FAIL if found.broken else PASS
