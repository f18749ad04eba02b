"""`rushproof capacity` on the reference backend, twice, beside k6's constant arrival rate: goal 6 (`python -m bench.capacity [--quick]`).

The budget is a p99 of 50 ms.  Both searches and k6 meet a fresh backend on the server's core in every rung, and send the same POST from
the generator's.  k6 steps by 2.5 % around the limit that was found; its own is between the last step whose p99 was within the budget and
the first of two in a row that was not (or of which it dropped more than 1 %).  The backend is slowed by Python's memory tracer, or k6 would
come to its end before the backend does; `--whole` leaves it as fast as it is.
"""

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench.backend import put
from bench.child import Failed, child, finish, said
from bench.goal import Mark
from bench.machine import GENERATOR, SERVER
from bench.peers import Post, k6_metrics
from bench.room import Room, enter
from rushproof.capacity import Capacity
from rushproof.journal.series_file import CAPACITY

BOUND = 0.050
CLOSE = 5.0
"""per cent that the two searches, and the peer, may be apart"""
STEP, FAR = 1.025, 12
"""k6's steps, and how many of them either way"""
USERS = 400
"""at most as many requests at once, of k6 and of us"""
STRICT, LOOSE = "{tainted: 10%, peak: 0}", "{lag: 500ms, busy: 100%, turn: 1s, unsent: 50%, tainted: 90%, peak: 0}"
"""when the generator believes itself; loose where it is only for trying, on a machine that does other things too"""
_SLOWED = ("-X", "tracemalloc=1")
SCENARIO = """
about: One POST a visit, at any rate
target:
  command: "{{python}} {how} -m bench.pinned {core} fake_backend --port {{port}} --database {{folder}}/reservations.sqlite"
  url: http://127.0.0.1:{{port}}
  clock: /clock
timetable: {{from: "09:00", to: "09:00:10"}}
crowds:
  visitors:
    persona: {persona}
    arrivals: {{shape: steady, from: "09:00", for: 10s, rate: 1000/s}}
    connections: {{cap: {users}}}
ledgers:
  ledger: {{export: /ledger/reservations.csv, content: [shop]}}
audit: [acknowledged_is_kept, one_a_person_and_round]
budget:
  - {{measure: p99, step: reserve, at_most: 50ms}}
generator: {generator}
drain: 5s
"""


class Step(msgspec.Struct, frozen=True):
    """One of k6's runs; seconds."""

    rate: float
    p99: float
    dropped: float
    """share of the arrivals"""

    @property
    def held(self) -> bool:
        return self.p99 <= BOUND and self.dropped <= 0.01


def searched(room: Room, number: int, how: str) -> Capacity:
    """One search by the command, the harness and its generator on the generator's core."""
    scenario = room.folder / "one_post.yaml"
    persona = Path(__file__).parent / "visitors" / "one_step.py"
    scenario.write_text(SCENARIO.format(how=how, core=SERVER, persona=persona, users=USERS, generator=LOOSE if room.quick else STRICT))
    out = room.folder / f"search-{number}"
    words = ["capacity", str(scenario), "--out", str(out), "--first", room.arguments.first]
    words += ["--least", "3s", "--most", "6s"] if room.quick else ["--most", f"{room.arguments.seconds:g}s"]
    try:
        finish([sys.executable, "-m", "rushproof", *words], GENERATOR, 1200.0)
    except Failed as problem:
        if not (out / "capacity.json").is_file():
            raise
        room.say(f"  {str(problem)[:200]}")
    found = CAPACITY.read(out)
    room.say(f"search {number}: {found.sentence} ({len(found.rungs)} rungs)")
    for rung in found.rungs:
        p99 = "-" if rung.p99 is None else f"{rung.p99 * 1e3:.1f} ms"
        room.say(
            f"  {rung.rate:>8,.0f}/s  {rung.status.value:<7}  served {rung.served:>8,.0f}/s  p99 {p99:>9}  core {rung.busy:.0%}  {rung.why}"
        )
    return found


def step(room: Room, rate: float, how: str) -> Step:
    """One run of k6 at a constant rate, against a backend that has just begun."""
    log, seconds = room.folder / "backend.out", room.seconds(room.arguments.seconds)
    command = [sys.executable, *how.split(), "-m", "bench.pinned", str(SERVER), "fake_backend", "--port", "0"]
    with child(command, SERVER, log):
        url = said(log, "listening on", within=60.0).split()[-1]
        put(f"{url}/clock", {"now": "2022-04-01T09:00:00", "speed": 1})
        metrics = k6_metrics(Post(url), round(rate), seconds, USERS)
    dropped = metrics.get("dropped_iterations", {"values": {"count": 0}})["values"]["count"] / (rate * seconds)
    found = Step(rate, metrics["http_req_duration"]["values"]["p(99)"] / 1e3, dropped)
    room.say(f"  k6 {rate:>8,.0f}/s  p99 {found.p99 * 1e3:>7.1f} ms  dropped {found.dropped:.1%}")
    return found


def edge(steps: Iterator[Step]) -> tuple[float | None, list[Step]]:
    """Between the last that held and the first of two in a row that did not; None where that was not seen."""
    made: list[Step] = []
    for each in steps:
        made.append(each)
        if len(made) > 2 and not made[-1].held and not made[-2].held:
            held = [one.rate for one in made[:-2] if one.held]
            return ((held[-1] * made[-2].rate) ** 0.5 if held else None), made
    return None, made


def main() -> None:
    """Two searches, then k6 around what they found."""
    more: dict[str, dict[str, Any]] = {
        "--first": {"default": "500/s", "metavar": "RATE", "help": "of the first rung (default %(default)s)"},
        "--seconds": {"type": float, "default": 20.0, "metavar": "S", "help": "of a rung, and of each of k6's (default %(default)s)"},
        "--whole": {"action": "store_true", "help": "the backend as fast as it is"},
    }
    with enter("capacity", __doc__, more) as room:
        how = "" if room.arguments.whole else " ".join(_SLOWED)
        found = [searched(room, number, how) for number in (1, 2)]
        limits = [each.limit for each in found if each.found and each.limit]
        if len(limits) < 2:
            raise Failed("a search found no limit, see above")
        middle = statistics.geometric_mean(limits)
        rates = (middle * STEP**number for number in range(-FAR // 2, FAR))
        peer, steps = edge(step(room, rate, how) for rate in rates)
        apart = abs(limits[1] / limits[0] - 1) * 100
        beside = None if peer is None else abs(middle / peer - 1) * 100
        note = "k6 never left the budget, or was never in it" if peer is None else f"{middle:,.0f}/s against {peer:,.0f}/s"
        rungs = max(len(each.rungs) for each in found)
        marks = [
            Mark(6, "capacity twice: apart", apart, "≤", CLOSE, "%", f"{limits[0]:,.0f}/s and {limits[1]:,.0f}/s"),
            Mark(6, "capacity beside k6: apart", beside, "≤", CLOSE, "%", note),
            Mark(6, "capacity: rungs", rungs, "≤", 12, ""),
        ]
        room.leave(marks, {"searches": found, "k6": steps, "slowed": not room.arguments.whole})


if __name__ == "__main__":
    main()
