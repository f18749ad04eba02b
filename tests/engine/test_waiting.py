"""What a frame says of calls that nobody has answered yet."""

import asyncio

import pytest
from riding import DEADLINE, ok, plan, ride, serving

TWO_STEPS = """
    steps = {"browse": Step(), "reserve": Step()}

    async def visit(self, person, target):
        await target.get("/rounds", step="browse")
        await target.post("/reservations", {}, step="reserve")
"""


@pytest.mark.parametrize("cap", [64, 2])
def test_a_call_that_nobody_answers_grows_older_from_second_to_second_and_its_step_is_told(persona, cap):
    async def deaf(request, writer):
        if request.line.startswith("GET"):
            writer.write(ok())

    async def go():
        async with serving(deaf) as server, asyncio.timeout(DEADLINE):
            return await ride(plan(server.url, persona(TWO_STEPS), rate=20, seconds=3.0, drain=0.2, connections={"cap": cap}))

    ridden = asyncio.run(go())
    told = [frame for frame in ridden.frames if frame.health]
    place = {step: nth for nth, (_, step) in enumerate(told[0].steps)}
    first, second, third, *_ = [frame.oldest[place["reserve"]] for frame in told]
    assert 0.5 < first < 1.2 and second - first == pytest.approx(1.0, abs=0.3) and third - second == pytest.approx(1.0, abs=0.3)
    assert [frame.health[-1].oldest for frame in told] == [max(frame.oldest) for frame in told]
    if cap == 64:
        assert all(frame.oldest[place["browse"]] == 0 for frame in told)


def test_where_everybody_is_answered_nothing_is_old(persona):
    async def prompt(request, writer):
        writer.write(ok())

    async def go():
        async with serving(prompt) as server, asyncio.timeout(DEADLINE):
            return await ride(plan(server.url, persona(TWO_STEPS), rate=20, seconds=1.2, drain=0.2))

    assert all(age < 0.5 for frame in asyncio.run(go()).frames for age in frame.oldest)
