"""A harness in a process of its own, to be killed: `harness_script.py FOLDER`; what is to be run, and how, comes on its standard input."""

import asyncio
import sys
from pathlib import Path

import msgspec

from rushproof.quantity import decode
from rushproof.run.options import Options
from rushproof.run.story import run
from rushproof.scenario import Scenario


def main() -> None:
    """Run it into the folder."""
    scenario, how = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[Scenario, dict[str, str | list[str]]], dec_hook=decode)
    options = Options(
        beside=Path(str(how["beside"])), target=str(how["target"]), driver=tuple(how["driver"]), inspector=tuple(how["inspector"])
    )
    asyncio.run(run(scenario, options, Path(sys.argv[1]), lambda _: None))


if __name__ == "__main__":
    main()
