"""A harness that spoils what passes a proxy and then waits to be killed: API, fault, folder, and for how long."""

import asyncio
import json
import sys
from pathlib import Path

import aiohttp
import msgspec

from rushproof.drill import AnyFault
from rushproof.inject import injector
from rushproof.inject.guarding import guarding
from rushproof.inject.passage import Passage
from rushproof.inject.place import Place
from rushproof.quantity import decode


async def main() -> None:
    api, folder = sys.argv[1], Path(sys.argv[3])
    fault = msgspec.convert(json.loads(sys.argv[2]), AnyFault, strict=False, dec_hook=decode)
    async with guarding(folder) as guard, aiohttp.ClientSession() as http:
        passage = Passage(api=api, name="shop", http=http, ours=False)
        place = Place(name="shop", url="http://127.0.0.1:9", http=http, guard=guard, beside=folder, folder=folder, passage=passage)
        await injector(fault, place).inject(float(sys.argv[4]))
        print("spoilt", flush=True)
        await asyncio.sleep(600)


asyncio.run(main())
