"""`python -m bench.drawing LEDGER FOLDER`: draws all rounds of a ledger, writes their bundles, says what it took, as JSON."""

import asyncio
import json
import resource
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from fake_backend.beacon.chain import Chain
from fake_backend.database.sqlite import Sqlite
from fake_backend.draw import drawing as kept
from fake_backend.draw.commitment import BeaconRound, Commitment, canonical, quota_hash
from fake_backend.draw.drawing import Drawing, Place
from fake_backend.draw.lottery import seed
from fake_backend.draw.spools import Spools
from fake_backend.facts import Reservation, written
from fake_backend.notary.register import Register

MIDNIGHT = 1_648_771_200
ITEM = "Year of the Tiger 500 ml"
BOTTLES = {f"s{number:05}": 3 + number % 2 for number in range(1, 2001)}
WAITING = 1


class Entries:
    """The ledger's entries, nothing else of a backend."""

    def __init__(self, database: Sqlite) -> None:
        self._database = database

    async def settled(self, before: float) -> None:
        """They are."""

    async def pages(self, round_: str, after: int, limit: int) -> list[Reservation]:
        return await self._database.page(round_, after, limit)

    async def of_person(self, person: str, rounds: Any) -> list[Reservation]:
        return []


async def longest_stall(stop: asyncio.Event) -> float:
    """The longest that a timer of 5 ms came late."""
    loop, worst = asyncio.get_running_loop(), 0.0
    while not stop.is_set():
        due = loop.time() + 0.005
        await asyncio.sleep(0.005)
        worst = max(worst, loop.time() - due)
    return worst


async def drawn(spools: Spools, entries: Entries, register: Register, chain: Chain, number: int) -> tuple[Drawing, list[Place], float]:
    """One round: frozen, committed, drawn; and when it was frozen."""
    round_ = f"2022-04-01.r{number}"
    spool = await spools.frozen(round_, ITEM)
    frozen = time.perf_counter()
    beacon = BeaconRound(chain.info.hash, chain.info.schemeID, MIDNIGHT, 3, 12_100)
    commitment = Commitment(
        algorithm="draw-v1", draw=round_, item=ITEM, open=written(MIDNIGHT + 9 * 3600), close=written(MIDNIGHT + 10 * 3600),
        entries=spool.entries, last_sequence=spool.last_sequence, root=spool.root, quota=quota_hash(BOTTLES), waiting=WAITING,
        beacon=beacon,
    )  # fmt: skip
    document = msgspec.to_builtins(commitment)
    register.state(round_, document, MIDNIGHT + 10 * 3600)
    told = chain.round(beacon.round)
    made = seed(commitment.hash, bytes.fromhex(told.randomness))
    async with spools.counting:
        best = await spool.draw(made, {shop: count * (1 + WAITING) for shop, count in BOTTLES.items()})
    places = []
    for shop, found in sorted(best.items()):
        for rank, (sequence, person, score) in enumerate(found):
            places.append(Place(len(places), round_, sequence, shop, person, max(rank + 1 - BOTTLES[shop], 0), score, "won"))
    drawing = Drawing(
        round_, number, "drawn", ITEM, spool.entries, spool.last_sequence, spool.root, kept.bottles_of(BOTTLES), 0.0, 0.0,
        canonical(document).decode(), canonical(register.shown(round_, beacon.at + 60)).decode(),
        canonical({"info": msgspec.to_builtins(chain.info), "round": msgspec.to_builtins(told)}).decode(), made.hex(),
    )  # fmt: skip
    return drawing, places, frozen


def bundle(file: Path, drawing: Drawing, places: list[Place], lines: Any) -> int:
    """Write the bundle; its bytes."""
    head = {
        "format": "draw-v1", "commitment": json.loads(drawing.commitment), "quota": drawing.bottles,
        "notary": json.loads(drawing.notarised), "beacon": json.loads(drawing.beacon), "seed": drawing.seed, "winners": kept.listed(places),
    }  # fmt: skip
    with file.open("wb") as out:
        out.write(canonical(head) + b"\n")
        for piece in lines:
            out.write(piece)
        return out.tell()


async def main(ledger: Path, folder: Path) -> dict[str, Any]:
    """Freeze, commit and draw all rounds side by side, as the server does; then write the bundles."""
    database, register, chain = Sqlite(ledger), Register(folder / "notary"), Chain(sha256(b"bench").digest(), MIDNIGHT)
    entries = Entries(database)
    spools, stop = Spools(entries, "reference"), asyncio.Event()
    stalls = asyncio.create_task(longest_stall(stop))
    begun = time.perf_counter()
    found = await asyncio.gather(*[drawn(spools, entries, register, chain, number) for number in range(1, 5)])
    drew = time.perf_counter()
    stop.set()
    stall = await stalls
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own, most = (one.ru_maxrss for one in usage)
    own_cpu, most_cpu = (one.ru_utime + one.ru_stime for one in usage)
    files = [folder / f"{drawing.round}.draw" for drawing, _, _ in found]
    size = sum(
        [bundle(file, drawing, places, (await spools.of(drawing)).lines()) for file, (drawing, places, _) in zip(files, found, strict=True)]
    )
    spools.close()
    register.close()
    database.close()
    return {
        "seconds": drew - begun, "frozen": max(at for _, _, at in found) - begun, "written": time.perf_counter() - drew, "bytes": size,
        "memory": (own + 2 * most) / 1e6, "stall": stall, "own_cpu": own_cpu, "children_cpu": most_cpu,
        "bundles": [str(file) for file in files],
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(uvloop.run(main(Path(sys.argv[1]), Path(sys.argv[2])))))
