"""The databases of the reference backend: what they hold, and whether the day's work disturbs the rush (`python -m bench.databases`).

Rates as in `bench.backend`: the bare peer and an arm alternate, and the median of the turns' ratios counts.  Arms: SQLite; PostgreSQL with
one worker and with two (with a Valkey), all of it on the server's core beside its database; and the naive build, one transaction a
request, whose ratio says what group commit is worth: once with the same promise of numbers without a gap, once without it.

Whether others disturb the rush: a steady rate of reservations, without and with reads and registrations beside it, in pairs in the order
A B B A, one p99 a stretch.  The interval is that of the median of the pairs' logarithmic ratios, by bootstrap over pairs.  The same
without anything beside in either says how much of it is the machine.
"""

import contextlib
import math
import random
import signal
import statistics
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from bench.backend import Ride, Server, put, ride, server
from bench.child import Failed, finish
from bench.goal import Mark
from bench.machine import GENERATOR, SERVER
from bench.pulse import Pulse
from bench.room import Room, enter

TIMES, MOVED = 5.0, 10.0
"""group commit against the naive build; per cent that the p99 may move"""
RATE, BESIDE = 1500.0, 300.0
"""reservations a second, and others beside them"""
GOAL = 5
_WORKERS = {"sqlite": [], "postgres, 1 worker": ["1"], "postgres, 2 workers": ["2"]}


def _backend(dsn: str, workers: list[str]) -> list[str]:
    options = ["fake_backend", "--port", "0"]
    if workers:
        options += ["--database", dsn, "--processes", *workers]
    return [*options, "--cache", "embedded-valkey"] if workers == ["2"] else options


@contextlib.contextmanager
def arms(room: Room) -> Iterator[dict[str, list[str]]]:
    """The command of each, on a PostgreSQL that all of them share, each in a database of its own."""
    import os

    import psycopg

    from fake_backend.embedded import embedded_postgres

    before = os.sched_getaffinity(0)
    with contextlib.ExitStack() as ended:
        os.sched_setaffinity(0, {SERVER})  # the database is on the server's core, as its processes inherit it
        try:
            dsn = ended.enter_context(embedded_postgres(room.folder / "postgres"))
        finally:
            os.sched_setaffinity(0, before)
        made: dict[str, list[str]] = {}
        with psycopg.connect(dsn, autocommit=True) as connection:
            for number, (name, workers) in enumerate(_WORKERS.items()):
                connection.execute(f"CREATE DATABASE arm{number}")
                made[name] = _backend(dsn.replace("/postgres?", f"/arm{number}?"), workers)
            for name, more in (("naive", []), ("naive, with gaps", ["gaps"])):
                connection.execute(f'CREATE DATABASE "naive{len(more)}"')
                made[name] = ["bench.naive", dsn.replace("/postgres?", f"/naive{len(more)}?"), *more]
        yield made


def beside_the_peer(room: Room, peer: Server, arm: str, backend: Server) -> tuple[float, list[dict[str, Ride]]]:
    """The arm's rate as a share of the peer's, and every stretch."""
    seconds, connections = room.seconds(6.0), room.arguments.connections
    turns = []
    ride(peer, 2, connections)
    put(f"{backend.url}/clock", {"now": "2022-04-01T09:00:00", "speed": 1})
    ride(backend, 2, connections)
    for turn in range(room.arguments.turns):
        put(f"{backend.url}/clock", {"now": "2022-04-01T09:00:00", "speed": 1})
        both = {"peer": ride(peer, seconds, connections), "backend": ride(backend, seconds, connections)}
        turns.append(both)
        mine, other = both["backend"], both["peer"]
        room.say(f"{arm}, turn {turn + 1}: {mine.rate:,.0f}/s (p99 {mine.p99 * 1e3:.1f} ms), peer {other.rate:,.0f}/s")
        if mine.refused or mine.broken:
            room.say(f"{arm}: {mine.refused} refused, {mine.broken} broken")
    return statistics.median(both["backend"].rate / both["peer"].rate for both in turns), turns


def stretch(room: Room, backend: Server, prefix: str, beside: float) -> Pulse:
    """One stretch at the steady rate."""
    put(f"{backend.url}/clock", {"now": "2022-04-01T09:00:00", "speed": 1})
    seconds = room.seconds(10.0)
    command = [sys.executable, "-m", "bench.pulse", backend.url, prefix, str(RATE), str(beside), str(seconds)]
    made = msgspec.json.decode(finish(command, GENERATOR, seconds + 30), type=Pulse)
    if made.refused > made.sent * 0.001:
        raise Failed(f"{made.refused} of {made.sent} reservations were refused")
    return made


def disturbed(room: Room, backend: Server, arm: str, beside: float) -> tuple[tuple[float, float, float], list[Any]]:
    """By how many per cent the p99 moves: the median of the pairs and its 95 % interval; and every stretch."""
    pairs, logs = [], []
    for pair in range(room.arguments.pairs):
        order = (0.0, beside) if pair % 2 == 0 else (beside, 0.0)
        made = [
            stretch(room, backend, f"{'ab'[bool(each)]}{'x' if beside else 'y'}{pair}{place}", each) for place, each in enumerate(order)
        ]
        alone, other = made if pair % 2 == 0 else made[::-1]
        pairs.append({"alone": alone, "beside": other})
        logs.append(math.log(other.p99 / alone.p99))
        room.say(f"{arm}, pair {pair + 1}: p99 {alone.p99 * 1e3:.2f} ms alone, {other.p99 * 1e3:.2f} ms with {beside:.0f}/s beside")
    chance = random.Random(1)
    medians = sorted(statistics.median(chance.choices(logs, k=len(logs))) for _ in range(10_000))
    low, high = medians[250], medians[9749]
    return tuple(100 * (math.exp(value) - 1) for value in (statistics.median(logs), low, high)), pairs  # type: ignore[return-value]


def main() -> None:
    """Every arm's rate, then the disturbance on both databases."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    more = {
        "--connections": {"type": int, "default": 256, "metavar": "N", "help": "of wrk (default %(default)s)"},
        "--turns": {"type": int, "default": 5, "metavar": "N", "help": "how often peer and arm alternate (default %(default)s)"},
        "--pairs": {"type": int, "default": 8, "metavar": "N", "help": "pairs of stretches with and without others (default %(default)s)"},
    }
    with enter("databases", __doc__, more) as room, arms(room) as commands:
        shares, rides, moved = {}, {}, {}
        with server(room, "peer", "bench.forgetful") as peer:
            for arm, command in commands.items():
                with server(room, arm.replace(", ", "-").replace(" ", "-"), *command) as backend:
                    shares[arm], rides[arm] = beside_the_peer(room, peer, arm, backend)
        marks = [Mark(GOAL, "sqlite: rate beside the peer", shares["sqlite"], "≥", 0.8, "×")]
        for arm in ("postgres, 1 worker", "postgres, 2 workers"):
            note = (
                f"{shares[arm]:.2f} × the peer, the naive build {shares['naive']:.2f} ×; "
                f"{shares[arm] / shares['naive, with gaps']:.1f} × one that leaves numbers out"
            )
            marks.append(Mark(GOAL, f"{arm}: beside the naive build", shares[arm] / shares["naive"], "≥", TIMES, "×", note))
        for arm in ("sqlite", "postgres, 1 worker"):
            with server(room, f"beside-{arm[:6]}", *commands[arm]) as backend:
                for what, others in (("itself", 0.0), ("reads and work", BESIDE)):
                    (middle, low, high), moved[f"{arm}: {what}"] = disturbed(room, backend, arm, others)
                    note = f"median {middle:+.1f} %, 95 % interval {low:+.1f} … {high:+.1f} % over {room.arguments.pairs} pairs"
                    if others:
                        marks.append(Mark(GOAL, f"{arm}: p99 moved by reads and work, upper end", high, "≤", MOVED, "%", note))
                    room.say(f"{arm}, {what}: {note}")
        room.leave(marks, {"shares": shares, "rides": rides, "pairs": moved})


if __name__ == "__main__":
    main()
