"""How long a visit pauses between two steps, and that the next one is due when the pause is over."""

import asyncio

import numpy as np
import pytest
from riding import ok, plan, ride, saying, serving

from rushproof.histogram import middle
from rushproof.sample import Distribution, Outcome

WAITING = """
    steps = {"look": Step(), "reserve": Step(promises=Promise("reservation"))}

    async def visit(self, person, target):
        await target.get("/rounds", step="look")
        await target.wait({seconds})
        await target.post("/reservations", {}, step="reserve")
"""


def waited(persona, seconds, **more):
    async def go():
        async with serving(saying(ok())) as server:
            body = WAITING.replace("{seconds}", seconds)
            return await ride(plan(server.url, persona(body), rate=100, seconds=0.2 * more.get("speed", 1.0), **more))

    return asyncio.run(go())


def test_a_wait_is_as_long_as_it_says_in_scenario_time_and_the_next_step_is_due_at_its_end(persona):
    ridden = waited(persona, "12.0", speed=40.0)

    due = sorted(row["due"] for row in ridden.attempts)
    assert ridden.outcomes("reserve") == {"ok": len(due)}
    assert due[0] >= 0.3, "twelve seconds at speed 40 are three tenths of a second"
    assert due[-1] <= 0.2 + 0.3 + 0.5
    assert all(row["sent"] >= row["due"] for row in ridden.attempts)


def test_waiting_is_the_persons_own_time_and_not_the_targets(persona):
    ridden = waited(persona, "0.4")

    assert ridden.count(Distribution.STRETCH, Outcome.OK) == 20
    rows = [frame.cell_rows for frame in ridden.frames]
    buckets = [int(row["bucket"]) for part in rows for row in part if row["distribution"] == Distribution.STRETCH]
    assert max(middle(np.array(buckets))) < 0.35


@pytest.mark.parametrize("seconds", ["0.0", "-3600.0"])
def test_a_moment_that_has_passed_is_not_waited_for(persona, seconds):
    ridden = waited(persona, seconds)

    assert ridden.outcomes("reserve") == {"ok": 20}
    assert all(row["due"] < 1.0 for row in ridden.attempts)
