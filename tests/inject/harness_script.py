"""A harness that breaks one thing and then waits to be killed; its argument says what, where and for how long."""

import asyncio
import json
import sys
from pathlib import Path

import aiohttp
import msgspec

from rushproof.drill import AnyFault
from rushproof.inject import injector
from rushproof.inject.guarding import guarding
from rushproof.inject.place import Place
from rushproof.quantity import decode
from rushproof.run.child import start_child


async def main() -> None:
    told = json.loads(sys.argv[1])
    folder = Path(told["folder"])
    fault = msgspec.convert(told["fault"], AnyFault, strict=False, dec_hook=decode)
    async with guarding(folder) as guard, aiohttp.ClientSession() as http:
        place = Place(name="target", url=told["url"], http=http, guard=guard, beside=folder, folder=folder, ready=told["ready"])
        if told["own"]:
            child = await start_child([sys.executable, *told["own"]], folder / "own.log", 2.0)
            while child.pid is None or not (folder / "own.log").read_text():
                await asyncio.sleep(0.01)
            (folder / "own.pid").write_text(str(child.pid))
            place = msgspec.structs.replace(place, pid=lambda: child.pid, restart=child.stop)
        if told["early"]:
            print("breaking", flush=True)
        await injector(fault, place).inject(told["lives"])
        print("broken", flush=True)
        await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main())
