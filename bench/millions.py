"""Goal 3: a million persons in flight in one worker, and many requests on the wire at once (`python -m bench.millions [--quick]`).

The persons come, look, and think for a very long time; once a million do so, 5,000 a second go on arriving for a while, and these seconds
are the ones that must be untainted.  On the wire: a server that holds every answer back, and tells the most it ever held.
"""

import json
import math
import ssl
import urllib.request
from collections.abc import Callable

from bench.bare import bare
from bench.driven import Doing, Engine, drive, plan, spike, steady
from bench.goal import Mark
from bench.machine import raise_files, resident
from bench.nginx import Nginx, nginx
from bench.ride import Ride
from bench.room import Room, enter
from rushproof.plan import Connections
from rushproof.quantity import Count, Duration
from rushproof.sample import Outcome

GIGABYTE = 2**30
SOURCES = tuple(f"127.0.0.{number}" for number in range(2, 6))
WIRE = 18_500
"""requests held at once: what file limits of 20,000 leave room for"""


class Memory:
    """What the driver and the engine hold together, looked at once a second."""

    def __init__(self) -> None:
        self.peak = 0
        self.last: dict[str, int] = {}

    def look(self, engine: Engine) -> None:
        now = {"driver": resident(engine.driver), "engine": resident(engine.engine)}
        if sum(now.values()) > self.peak:
            self.peak, self.last = sum(now.values()), now

    def doing(self, seconds: float) -> list[Doing]:
        return [(float(at), self.look) for at in range(1, math.ceil(seconds))]


def in_flight(room: Room, millions: float, *, tls: bool = False) -> tuple[list[Mark], dict[str, object]]:
    """Fills one worker with sleeping persons, then lets 5,000 a second come; over TLS from nginx, which is faster at it than we can ask."""
    wanted, steady_rate, fill_rate = round(1_000_000 * millions), 5_000.0, 12_000.0
    at, hold = 2.0, math.ceil(wanted * 1.01 / fill_rate)
    after = room.seconds(30.0)
    seconds = at + hold + after
    people = steady_rate * (at + after) + fill_rate * hold
    memory = Memory()
    with nginx(room.folder) if tls else bare(room.folder) as server:
        url = server.secure if isinstance(server, Nginx) else server.url
        arrivals = spike(steady_rate, fill_rate, at, hold, seconds)
        mine = plan(url, arrivals, seconds, people=people, visitor="two_step", think=1e7, in_flight=2_000_000, drain=1.0)
        told = drive(mine, room.folder, doing=memory.doing(seconds))
    return _flight_marks(room, told, memory, wanted, math.ceil(at + hold) + 1, ", TLS pooled" * tls)


def _flight_marks(room: Room, told: Ride, memory: Memory, wanted: int, first: int, over: str) -> tuple[list[Mark], dict[str, object]]:
    level = [health for health in told.health if first <= health.at < told.seconds - 1]
    least = min((health.in_flight for health in level), default=0)
    tainted = told.tainted(first)
    rate = told.rate("browse", first, told.seconds)
    room.say(f"at least {least:,} in flight, {rate:,.0f}/s arriving, {memory.peak / GIGABYTE:.2f} GB")
    room.say(f"{len(tainted)} of {len(level)} s tainted: {tainted}")
    marks = [
        Mark(3, f"persons in flight in one worker{over}", least, "≥", wanted),
        Mark(
            3,
            f"memory of engine and driver{over}",
            memory.peak / GIGABYTE,
            "≤",
            3.0,
            "GB",
            f"engine {memory.last.get('engine', 0) / GIGABYTE:.2f} GB",
        ),
        Mark(3, f"answers a second meanwhile{over}", rate, "≥", 4_950.0, "/s"),
        Mark(
            3,
            f"tainted seconds meanwhile{over}",
            len(tainted),
            "≤",
            0,
            "",
            "; ".join(f"{at} s: {why}" for at, why in list(tainted.items())[:3]),
        ),
    ]
    return marks, {"least": least, "rate": rate, "memory": memory.last, "tainted": tainted, "all_tainted": told.tainted(), "health": level}


def on_the_wire(room: Room, *, tls: bool = False) -> tuple[list[Mark], dict[str, object]]:
    """Requests pile up at a server that holds each answer back: five seconds, or a minute where each has to shake hands first."""
    files = raise_files()
    hold, seconds = (60.0, 75.0) if tls else (5.0, 10.0)
    rate = WIRE / hold * 1.02
    connections = Connections(cap=Count(WIRE), timeout=Duration(hold * 3), connect_timeout=Duration(30), sources=SOURCES)
    with bare(room.folder, hold, tls=tls) as server:
        told = drive(
            plan(server.url, steady(rate, seconds), seconds, people=rate * seconds, connections=connections, drain=hold + 20), room.folder
        )
        peak = _peak(server.url)
    other = told.other_than(Outcome.OK, "reserve")
    room.say(f"{peak:,} requests on the wire at once (limit of open files {files:,}), {other} not ok")
    marks = [
        Mark(3, "requests on the wire at once" + ", TLS" * tls, peak, "≥", 18_000),
        Mark(3, "of these requests, not ok" + ", TLS" * tls, other, "≤", 0),
    ]
    return marks, {
        "peak": peak,
        "other": other,
        "files": files,
        "tainted": told.tainted(),
        "notes": [note for frame in told.frames for note in frame.notes],
    }


def _peak(url: str) -> int:
    unverified = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
    with urllib.request.build_opener(urllib.request.ProxyHandler({}), unverified).open(f"{url}/peak", timeout=10) as answer:
        return int(json.load(answer)["peak"])


def main() -> None:
    """Measures both, prints the table, writes `millions.json`."""
    with enter("millions", __doc__) as room:
        parts: dict[str, Callable[[], tuple[list[Mark], dict[str, object]]]] = {
            "in_flight": lambda: in_flight(room, 0.1 if room.quick else 1.0),
            "in_flight_tls": lambda: in_flight(room, 0.1 if room.quick else 1.0, tls=True),
            "on_the_wire": lambda: on_the_wire(room),
            "on_the_wire_tls": lambda: on_the_wire(room, tls=True),
        }
        marks: list[Mark] = []
        facts: dict[str, object] = {}
        for name, part in parts.items():
            more, facts[name] = part()
            marks += more
        room.leave(marks, facts)


if __name__ == "__main__":
    main()
