"""How long a visit pauses between two steps, and that the next one is due when the pause is over."""

import asyncio
import itertools

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
    assert min(middle(np.array(buckets))) < 0.35, "whatever else a busy machine adds"


@pytest.mark.parametrize("seconds", ["0.0", "-3600.0"])
def test_a_moment_that_has_passed_is_not_waited_for(persona, seconds):
    ridden = waited(persona, seconds)

    assert ridden.outcomes("reserve") == {"ok": 20}
    assert all(row["due"] < 1.0 for row in ridden.attempts)


JUMPING = {
    "from": "09:00",
    "to": "09:00 + 2s",
    "stretches": [{"from": "09:00", "to": "09:00 + 2s", "speed": "10"}, {"from": "09:01", "to": "17:59", "speed": "jump"}],
}


def test_a_wait_that_a_jump_goes_over_is_over_with_it(persona):
    """Two seconds of arrivals at speed 10, 58 s of nothing at speed 100, and a jump to 17:59: all of it 0.78 s of the wall."""
    nine_hours = waited(persona, "9 * 3600.0", timetable=JUMPING, speed=100.0)
    half_a_minute = waited(persona, "30.0", timetable=JUMPING, speed=100.0)

    assert len(nine_hours.attempts) == len(half_a_minute.attempts) == 200
    due = np.sort(nine_hours.attempts["due"])
    assert due[0] >= 0.78 + 0.6 and due[-1] <= 0.78 + 0.62 + 1.0, (
        "from 17:59 on a minute at speed 100 is left of nine hours, and two seconds"
    )
    assert np.sort(half_a_minute.attempts["due"])[0] >= 0.2 + 0.28


def test_retries_and_patience_go_with_the_stretch_they_are_in(persona):
    body = """
        steps = {"reserve": Step(promises=Promise("reservation"), gap=2.0)}

        async def visit(self, person, target):
            await target.post("/", {}, step="reserve")
    """
    stretches = [{"from": "09:00", "to": "09:00 + 5s", "speed": "10"}]
    timetable = {"from": "09:00", "to": "09:00 + 1s", "stretches": stretches}
    shed = b"HTTP/1.1 429 Later\r\nContent-Length: 0\r\n\r\n"

    async def go():
        async with serving(saying(shed)) as server:
            patience = {"patience": {"least": "11s", "most": "11s"}}
            whole = plan(server.url, persona(body), rate=20, seconds=1, timetable=timetable, population=patience)
            return await ride(whole)

    tries = {}
    for row in np.sort(asyncio.run(go()).attempts, order="sent"):
        tries.setdefault(row["number"], []).append(row["sent"])
    assert len(tries) == 20
    gaps = [later - sooner for sent in tries.values() for sooner, later in itertools.pairwise(sent)]
    assert min(gaps) >= 0.2, "two seconds at speed 10"
    assert max(gaps) >= 1.0, "two seconds at speed 1, once the stretch is over"
