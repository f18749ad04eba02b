"""Goal 9: the TCP fault proxy with no toxic on: small requests, a fast stream, and what it adds to one answer, beside going direct.

The proxy has a core to itself; wrk, nginx and both ends of the stream share the other, and are measured without it first.
"""

import contextlib
import json
import re
import shutil
import statistics
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench.child import Failed, child, finish, said
from bench.goal import Mark
from bench.machine import GENERATOR, SERVER, taken
from bench.nginx import nginx
from bench.room import enter

RATE, STREAM, ADDED = 20_000.0, 3.0, 0.2
"""requests a second or Gbit a second, one of them; milliseconds at the median"""
CONNECTIONS = 64
ROUNDS = 3
"""turn by turn, because the machine is shared; the best of each is what it can do"""
_CORE = GENERATOR
"""the proxy's own; the server's core has everybody else"""


class Passed(msgspec.Struct, frozen=True):
    """What came through in one stretch, and how much of its core the proxy took for it."""

    rate: float
    busy: float

    @property
    def core(self) -> float:
        """What a whole core would pass: the machine is shared, and others take of this one, too."""
        return self.rate / self.busy


class Standing(msgspec.Struct, frozen=True):
    """A proxy that runs."""

    api: str
    pid: int

    def front(self, name: str, port: int) -> int:
        """The port that leads to `port`."""
        body = json.dumps({"name": name, "upstream": f"127.0.0.1:{port}"}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.api}/proxies", body), timeout=10.0) as answer:
            return int(json.load(answer)["listen"].rpartition(":")[2])


@contextlib.contextmanager
def standing(folder: Path) -> Iterator[Standing]:
    """A proxy on a core of its own until the block ends."""
    log = folder / "proxy.out"
    with child([sys.executable, "-m", "rushproof.inject.proxy", "--port", "0"], _CORE, log) as process:
        yield Standing(said(log, "listening on").split()[-1], process.pid)


def requests(port: int, seconds: float) -> float:
    """Small requests a second that wrk gets answered."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise Failed("wrk is not installed (Debian: wrk)")
    told = finish([wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", f"http://127.0.0.1:{port}/"], SERVER, seconds + 20)
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if found is None:
        raise Failed(f"wrk said nothing to be read: {told[-300:]}")
    return float(found[1])


def passing(*words: Any) -> Any:
    """What `bench.passing` measured."""
    return json.loads(finish([sys.executable, "-m", "bench.passing", *map(str, words)], SERVER, 120.0))


def through(proxy: Standing, seconds: float, ask: Any) -> Passed:
    """One stretch through the proxy."""
    before = taken(proxy.pid)
    rate = ask()
    return Passed(rate, (taken(proxy.pid) - before) / seconds)


def main() -> None:
    """Direct and through it, turn by turn."""
    with enter("proxy", __doc__) as room, nginx(room.folder) as server, standing(room.folder) as proxy:
        port, seconds = int(server.plain.rpartition(":")[2]), room.seconds(6.0)
        front, sink = proxy.front("nginx", port), port + 1
        into = proxy.front("stream", sink)
        rounds = range(1 if room.quick else ROUNDS)
        direct = max(requests(port, seconds) for _ in rounds)
        small = max((through(proxy, seconds, lambda: requests(front, seconds)) for _ in rounds), key=lambda each: each.rate)
        room.say(f"small requests, {CONNECTIONS} connections: direct {direct:,.0f}/s, through {small.rate:,.0f}/s ({small.busy:.0%} busy)")
        straight = max(passing("stream", seconds, sink, sink) for _ in rounds) * 8e-9
        fast = max((through(proxy, seconds, lambda: passing("stream", seconds, sink, into)) for _ in rounds), key=lambda each: each.rate)
        room.say(f"one stream: direct {straight:.1f} Gbit/s, through {fast.rate * 8e-9:.1f} Gbit/s ({fast.busy:.0%} busy)")
        pings = [passing("ping", 2000, port, front) for _ in rounds]
        added = statistics.median(1e3 * (proxied - alone) for alone, proxied in pings)
        told = ", ".join(f"{1e3 * alone:.3f} → {1e3 * proxied:.3f}" for alone, proxied in pings)
        room.say(f"one request at a time, medians in ms: {told}")
        room.leave(
            [
                Mark(9, "proxy: small requests", small.rate, "≥", RATE, "/s", f"direct {direct:,.0f}/s; either this or the stream"),
                Mark(9, "proxy: the same on a whole core", small.core, "≥", RATE, "/s", f"it had {small.busy:.0%} of one"),
                Mark(9, "proxy: one stream", fast.rate * 8e-9, "≥", STREAM, "Gbit/s", f"direct {straight:.1f} Gbit/s"),
                Mark(9, "proxy: the same on a whole core", fast.core * 8e-9, "≥", STREAM, "Gbit/s", f"it had {fast.busy:.0%} of one"),
                Mark(9, "proxy: added at the median", added, "≤", ADDED, "ms", told),
            ],
            {"direct": {"rate": direct, "gbit": straight}, "small": small, "stream": fast, "pings": pings},
        )


if __name__ == "__main__":
    main()
