"""`python -m bench.carriage`: the engine as the child of a Locust process, and as a thread in one; the figures of decision 2.

Both are offered more than they can do for ten seconds, on one core, against a bare nginx on the other.
"""

import asyncio
import base64
import sys
import tempfile
import time
from pathlib import Path

from bench.child import finish
from bench.driven import drive, plan, steady
from bench.machine import GENERATOR, described
from bench.nginx import nginx
from bench.ride import Ride
from rushproof.frame import Frame
from rushproof.plan import Plan
from rushproof.sample import Distribution

SECONDS = 10.0
LIGHT, HEAVY = 10_000, 50_000
"""arrivals a second: one that both hold, and one that neither does"""


def main() -> None:
    """Prints one row a carriage and rate."""
    print(described())
    print(f"{'carriage':8} {'offered':>8} {'delivered':>10} {'lag p99 s':>10} {'response p50 s':>15}")
    with tempfile.TemporaryDirectory() as scratch, nginx(Path(scratch)) as target:
        for rate in (LIGHT, HEAVY):
            told = plan(target.plain, steady(rate, SECONDS), SECONDS, people=rate * SECONDS, drain=1.0)
            for name, ride in (("child", drive(told, Path(scratch))), ("thread", threaded(told))):
                lag = max(health.lag_p99 for health in ride.health)
                half = ride.quantile("reserve", Distribution.RESPONSE, 0.5)
                print(f"{name:8} {rate:8,} {ride.rate('reserve', 2.0, SECONDS):10,.0f} {lag:10.4f} {half:15.4f}")


def threaded(told: Plan) -> Ride:
    """The plan, run by an engine in a native thread of a process that Locust has patched, whose own loop turns beside it."""
    said = finish([sys.executable, "-m", "bench.carriage", "thread", base64.b64encode(told.encode()).decode()], GENERATOR, 3 * SECONDS)
    frames = tuple(Frame.decode(base64.b64decode(line)) for line in said.split())
    return Ride(frames, told, 0.0)


def thread(told: Plan) -> None:
    """In a process of its own: Locust's patched modules and gevent's loop, and the engine in a thread of gevent's pool."""
    import locust  # noqa: F401  # patches the process, as it does any Locust worker

    import gevent
    import uvloop

    from rushproof.engine.engine import Engine

    frames: list[bytes] = []

    def run() -> None:
        loop = uvloop.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(Engine(told, frames.append).run(time.time() + 0.5))

    work = gevent.get_hub().threadpool.apply_async(run)
    while not work.ready():
        gevent.sleep(0.1)
    work.get()
    print("\n".join(base64.b64encode(frame).decode() for frame in frames))


if __name__ == "__main__":
    if sys.argv[1:2] == ["thread"]:
        thread(Plan.decode(base64.b64decode(sys.argv[2])))
    else:
        main()
