"""A harness that breaks one thing by Chaos Toolkit and then waits to be killed: `chaos_harness.py FOLDER FLAG`."""

import asyncio
import sys
from pathlib import Path

import aiohttp

from rushproof.faults import ChaosToolkitFault
from rushproof.inject.chaostoolkit import ChaosToolkitInjector
from rushproof.inject.guarding import guarding
from rushproof.inject.place import Place
from rushproof.quantity import Duration
from rushproof.timetable import Moment

HERE = Path(__file__).parent


def activity(func: str, kind: str = "action", **arguments: object) -> dict[str, object]:
    provider = {"type": "python", "module": "chaos_extension", "func": func, "arguments": arguments}
    return {"type": kind, "name": func.replace("_", " "), "provider": provider}


async def main(folder: Path, flag: Path) -> None:
    fault = ChaosToolkitFault(
        at=Moment.read("09:00"), lasting=Duration(60),
        action=activity("break_it", flag=str(flag)), rollbacks=(activity("mend_it", flag=str(flag), fails=1),),
    )  # fmt: skip
    async with guarding(folder) as guard, aiohttp.ClientSession() as http:
        place = Place(name="target", url="http://127.0.0.1:9", http=http, guard=guard, beside=HERE, folder=folder)
        await ChaosToolkitInjector(fault, place).inject(60.0)
        print("broken", flush=True)
        await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
