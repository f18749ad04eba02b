"""Goal 1: how much load one core makes, the whole path, beside the peers (`python -m bench.generator [--quick]`).

*Sustained* is the highest open-loop rate that is kept for ten seconds without a tainted second, identity, JSON body, promise, attempt rows,
distributions and the answer's reading included, with the Locust process on the same core.  A probe with one or two tainted seconds is
tried once more, as the machine is shared.  Then ten seconds at half as much again: what is delivered, and how soon it is well afterwards.
"""

import itertools
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from bench.driven import drive, plan, spike, steady
from bench.goal import Mark, ratio
from bench.nginx import Nginx, cipher, nginx
from bench.peers import Peer, Post, measured
from bench.ride import Ride
from bench.room import Room, enter
from bench.search import highest
from rushproof.plan import Connections
from rushproof.sample import Distribution, Outcome

STEP = "reserve"
SOURCES = tuple(f"127.0.0.{number}" for number in range(2, 10))
"""a connection a visit uses ports up faster than they come back: eight addresses to send from"""
BOUNDS = {"wrk": 0.28, "k6": 4.0, "FastHttpUser": 8.0}
WELL = 0.05
"""seconds: slower answers than this are the overload's"""


class Probe(msgspec.Struct, frozen=True):
    """One open-loop run and whether the generator could vouch for it."""

    rate: float
    delivered: float
    tainted: dict[int, str]
    other: int
    """samples that did not come out `ok`"""
    busy: float
    """the busiest second"""
    lag_p99: float
    """of the worst second"""
    response_p50: float
    response_p99: float

    @property
    def told(self) -> str:
        why = "; ".join(f"{second} s: {reason}" for second, reason in itertools.islice(self.tainted.items(), 2))
        load = f"{self.rate:>8,.0f}/s  delivered {self.delivered:>8,.0f}/s"
        return f"{load}  busy {self.busy:.0%}  lag p99 {self.lag_p99 * 1e3:.1f} ms  {'clean' if self.clean else why}"

    @property
    def clean(self) -> bool:
        return not self.tainted and not self.other


class Way(msgspec.Struct, frozen=True):
    """One way to reach the server, for us and for the peers."""

    name: str
    url: str
    connections: Connections
    bounds: Mapping[str, float]
    """how many times which peer is asked for"""
    also: tuple[str, ...] = ("hey",)
    """peers that are only shown beside"""

    @property
    def post(self) -> Post:
        return Post(self.url, close=self.connections.keep == "visit")


def probe(way: Way, rate: float, seconds: float, folder: Path) -> Probe:
    """Runs the whole path at `rate`."""
    ride = drive(plan(way.url, steady(rate, seconds), seconds, people=rate * seconds, connections=way.connections), folder)
    return _probed(rate, ride)


def _probed(rate: float, ride: Ride) -> Probe:
    within = [health for health in ride.health if 0 <= health.at < ride.seconds]
    return Probe(
        rate=rate,
        delivered=ride.rate(STEP, 0.0, ride.seconds),
        tainted=ride.tainted(),
        other=ride.other_than(Outcome.OK, STEP),
        busy=max((health.busy for health in within), default=1.0),
        lag_p99=max((health.lag_p99 for health in within), default=float("inf")),
        response_p50=ride.quantile(STEP, Distribution.RESPONSE, 0.5),
        response_p99=ride.quantile(STEP, Distribution.RESPONSE, 0.99),
    )


def sustained(way: Way, seconds: float, start: float, room: Room) -> tuple[float, list[Probe]]:
    """The highest clean rate, and every probe on the way to it."""
    probes: list[Probe] = []

    def holds(rate: float) -> bool:
        for _ in range(2):
            found = probe(way, round(rate), seconds, room.folder)
            probes.append(found)
            room.say(f"  {found.told}")
            if found.clean or len(found.tainted) > 2 or found.other:
                break
        return found.clean

    return round(highest(holds, start)), probes


class Overload(msgspec.Struct, frozen=True):
    """Ten seconds at 150 %."""

    offered: float
    delivered: float
    missed: int
    recovered: float
    """seconds after the overload's end until every person due was answered quickly, and for good"""


def overload(way: Way, rate: float, hold: float, folder: Path) -> Overload:
    """Half of `rate`, then 150 % of it for `hold` seconds, then half again; the engine may have one second's worth of visits in flight."""
    before, after = 2.0, 5.0
    shape = spike(rate / 2, rate * 1.5, before, hold, before + hold + after)
    people = rate * 1.5 * hold + rate / 2 * (before + after)
    told = drive(
        plan(
            way.url, shape, before + hold + after, people=people, connections=way.connections, resolution=0.1, in_flight=round(rate)
        ),
        folder,
    )  # fmt: skip
    slow = told.slow_until(STEP, WELL, before + hold)
    return Overload(rate * 1.5, told.rate(STEP, before, before + hold), told.missed, round(slow - before - hold, 3))


def lasting(way: Way, rate: float, seconds: float, folder: Path) -> tuple[float, list[int]]:
    """Megabytes the engine grows by per 100,000 visits at half the sustained rate, its first sixth left out; and its memory by second."""
    told = drive(plan(way.url, steady(rate / 2, seconds), seconds, people=rate / 2 * seconds, connections=way.connections), folder)
    memory = [health.memory for health in told.health if health.at < seconds]
    settled = memory[len(memory) // 6 :]
    slope = float(np.polyfit(np.arange(len(settled)), settled, 1)[0]) if len(settled) > 2 else float("nan")
    return slope / (rate / 2) * 100_000 / 2**20, memory


def ways(server: Nginx) -> tuple[Way, ...]:
    """Plain and pooled; TLS pooled; TLS with a connection a visit.  None of the peers looks at the certificate, so neither do we.

    Where every visit shakes hands, the handshake takes most of everybody's core, wrk's too: eight times anybody is beyond any generator,
    and what is asked is to be ahead of k6 and FastHttpUser.
    """
    visit = Connections(keep="visit", sources=SOURCES)
    return (
        Way("plain, pooled", server.plain, Connections(), BOUNDS, ("hey", "HttpUser")),
        Way("TLS, pooled", server.secure, Connections(), BOUNDS),
        Way("TLS, a connection a visit", server.secure, visit, {"wrk": 0.28, "k6": 1.0, "FastHttpUser": 1.0}),
    )


def compared(way: Way, room: Room, seconds: float) -> tuple[list[Mark], dict[str, object]]:
    """One way's figures: ours and the peers', as marks and as facts."""
    peers: dict[str, Peer] = {}
    for name in (*way.bounds, *way.also):
        peers[name] = measured(name, way.post, seconds)
        room.say(f"  {name:<13}{'-' if peers[name].rate is None else f'{peers[name].rate:,.0f}/s':>12}  {peers[name].note}")
    fast = peers["FastHttpUser"].rate
    start = max(4 * fast, 500.0) if fast else 10_000.0
    mine, probes = sustained(way, seconds, start, room)
    room.say(f"  sustained {mine:,.0f}/s")
    marks = [
        ratio(1, f"{way.name}: × {name}", mine, peers[name].rate, bound, f"{mine:,.0f}/s against {peers[name].rate or 0:,.0f}/s")
        for name, bound in way.bounds.items()
    ]
    facts: dict[str, object] = {"peers": list(peers.values()), "sustained": mine, "probes": probes}
    if mine:
        under = overload(way, mine, seconds, room.folder)
        room.say(f"  at 150 %: delivered {under.delivered:,.0f}/s, {under.missed:,} missed, well again after {under.recovered:.1f} s")
        marks.append(ratio(1, f"{way.name}: delivered at 150 %", under.delivered, mine, 0.9))
        marks.append(Mark(1, f"{way.name}: well again after 150 %", under.recovered, "≤", 2.0, "s"))
        facts["overload"] = under
        grown, facts["memory"] = lasting(way, mine, 3 * room.seconds(20.0), room.folder)
        marks.append(Mark(1, f"{way.name}: memory grown per 100,000 visits", grown, "≤", 1.0, "MB"))
    return marks, facts


def main() -> None:
    """Measures every way, prints the table, writes `generator.json`."""
    with enter("generator", __doc__) as room, nginx(room.folder) as server:
        marks: list[Mark] = []
        facts: dict[str, object] = {"cipher": cipher(server.secure, server.ca)}
        for way in ways(server):
            room.say(f"{way.name} ({way.url})")
            more, facts[way.name] = compared(way, room, room.seconds(10.0))
            marks += more
        room.leave(marks, facts)


if __name__ == "__main__":
    main()
