"""The reference backend beside a peer that stores nothing: goal 5 (`python -m bench.backend`).

Both have the server's core to themselves in turn, wrk the generator's; every request is of a person and a key never seen before.  wrk is
closed-loop: with a fixed number of connections it finds the highest rate at which that many wait, and the p99 says how long they do.
Peer and backend alternate, and the median of the turns' ratios counts, since the machine is shared.  Arms: five million rows preloaded;
the same with a sync that takes three milliseconds (the switch `slow_sync`, which holds up every commit that long).
"""

import contextlib
import itertools
import json
import shutil
import sqlite3
import statistics
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench.child import Failed, child, finish, said
from bench.goal import Mark
from bench.machine import GENERATOR, SERVER, resident, taken
from bench.room import Room, enter
from fake_backend.database.sqlite import Sqlite

ROUND = "2022-04-01.r1"
SCRIPT = Path(__file__).with_name("backend.lua")
SHARE, P99 = 0.8, 0.050
_prefixes = itertools.cycle(range(1, 60))
"""of persons; no server is ridden so often that one comes again to it"""


class Ride(msgspec.Struct, frozen=True):
    """What wrk made of one stretch; seconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    max: float
    refused: int
    broken: int
    cpu: float = 0.0
    """of the server, in the stretch"""

    @property
    def rate(self) -> float:
        return (self.requests - self.refused) / self.seconds


class Server(msgspec.Struct, frozen=True):
    """Where it listens, its process, and how long it took to be ready."""

    url: str
    pid: int
    started: float


def preload(file: Path, rows: int) -> None:
    """A ledger of `rows` reservations of other persons, made by SQLite itself."""
    Sqlite(file).close()
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(
        """INSERT INTO reservations
           WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
           SELECT i, printf('p%012d', 900000000000 + i * 7919 % 100000000), ?, printf('s%05d', i % 2000), printf('%032x', -i),
                  1648803600.0 + i / 1000.0 FROM n""",
        (rows, ROUND),
    )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@contextlib.contextmanager
def server(room: Room, name: str, *command: str) -> Iterator[Server]:
    """A server on the server's core until the block ends."""
    log = room.folder / f"{name}.out"
    begun = time.monotonic()
    with child([sys.executable, "-m", *command], SERVER, log) as process:
        url = said(log, "listening on", within=120.0).split()[-1]
        yield Server(url, process.pid, time.monotonic() - begun)


def ride(server: Server, seconds: float, connections: int) -> Ride:
    """One stretch of new reservations."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise Failed("wrk is not installed (Debian: wrk)")
    command = [wrk, "-t1", f"-c{connections}", f"-d{round(seconds)}s", "-s", str(SCRIPT), server.url, "--", str(next(_prefixes)), ROUND]
    before = taken(server.pid)
    said_ = finish(command, GENERATOR, seconds + 30)
    spent = taken(server.pid) - before
    line = next((line for line in said_.splitlines() if line.startswith("rushproof ")), None)
    if line is None:
        raise Failed(f"wrk said nothing to be read: {said_.strip()[-300:]}")
    return msgspec.structs.replace(msgspec.json.decode(line.removeprefix("rushproof "), type=Ride), cpu=spent)


def put(url: str, body: dict[str, Any]) -> None:
    """PUT a JSON body."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="PUT")
    urllib.request.urlopen(request, timeout=10).close()


def compare(room: Room, peer: Server, backend: Server, arm: str) -> tuple[list[Mark], dict[str, Any]]:
    """Peer and backend in turn; their medians."""
    seconds, connections = room.seconds(6.0), room.arguments.connections
    rides: dict[str, list[Ride]] = {"peer": [], "backend": []}
    for each in (peer, backend):
        ride(each, 2, connections)
    for turn in range(room.arguments.turns):
        for name, each in (("peer", peer), ("backend", backend)):
            put(f"{backend.url}/clock", {"now": "2022-04-01T09:00:00", "speed": 1})
            rides[name].append(ride(each, seconds, connections))
        mine, other = rides["backend"][-1], rides["peer"][-1]
        room.say(f"{arm}, turn {turn + 1}: backend {mine.rate:,.0f}/s (p99 {mine.p99 * 1e3:.1f} ms), peer {other.rate:,.0f}/s")
    rate, bar = (statistics.median(each.rate for each in rides[name]) for name in ("backend", "peer"))
    p99 = statistics.median(each.p99 for each in rides["backend"])
    refused = sum(each.refused + each.broken for each in rides["backend"])
    cost, bare = (1e6 * statistics.median(each.cpu / each.requests for each in rides[name]) for name in ("backend", "peer"))
    note = f"{rate:,.0f}/s against {bar:,.0f}/s; {cost:.0f} µs of processor a request against {bare:.0f}; {refused} refused or broken"
    share = statistics.median(one.rate / two.rate for one, two in zip(rides["backend"], rides["peer"], strict=True))
    late = f"the peer's {statistics.median(each.p99 for each in rides['peer']) * 1e3:.3g} ms"
    marks = [
        Mark(5, f"{arm}: rate beside the peer", share, "≥", SHARE, "×", note),
        Mark(5, f"{arm}: p99", p99 * 1e3, "≤", P99 * 1e3, "ms", late),
    ]
    return marks, msgspec.to_builtins(rides)


def main() -> None:
    """Both arms, one after the other, on one preloaded ledger."""
    more = {
        "--rows": {"type": int, "default": 5_000_000, "metavar": "N", "help": "reservations preloaded (default %(default)s)"},
        "--connections": {"type": int, "default": 256, "metavar": "N", "help": "of wrk (default %(default)s)"},
        "--turns": {"type": int, "default": 5, "metavar": "N", "help": "how often peer and backend alternate (default %(default)s)"},
    }
    with enter("backend", __doc__, more) as room:
        file = room.folder / "ledger.db"
        preload(file, room.arguments.rows)
        with (
            server(room, "peer", "bench.forgetful") as peer,
            server(room, "backend", "fake_backend", "--port", "0", "--database", str(file)) as backend,
        ):
            room.say(f"{room.arguments.rows:,} rows loaded in {backend.started:.1f} s, {resident(backend.pid) / 2**20:,.0f} MiB resident")
            facts = {"rows": room.arguments.rows, "start": backend.started, "resident": resident(backend.pid)}
            marks, rides = compare(room, peer, backend, "preloaded")
            put(f"{backend.url}/switches/slow_sync", {"delay": 0.003, "ttl": 3600})
            slow, slow_rides = compare(room, peer, backend, "3 ms sync")
            facts["resident_after"] = resident(backend.pid)
        room.leave(marks + slow, {**facts, "rides": {"preloaded": rides, "slow_sync": slow_rides}})


if __name__ == "__main__":
    main()
