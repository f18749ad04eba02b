"""What a step promises travels with every frame, for the journal."""

import asyncio

from riding import ok, plan, ride, saying, serving

TWO_PROMISES = """
    steps = {"look": Step(), "reserve": Step(promises=Promise("reservation")), "pay": Step(promises=Promise("payment"))}

    async def visit(self, person, target):
        await target.post("/reservations", {}, step="reserve")
        await target.post("/payments", {}, step="pay")
"""


def test_every_frame_tells_what_each_step_promises(persona):
    async def go():
        async with serving(saying(ok())) as server:
            steps = {"look": {"promises": {"kind": "look"}}}
            return await ride(plan(server.url, persona(TWO_PROMISES), rate=20, seconds=0.2, steps=steps))

    told = {step: kind for frame in asyncio.run(go()).frames for (_, step), kind in zip(frame.steps, frame.kinds, strict=True)}
    assert told == {"look": "look", "reserve": "reservation", "pay": "payment", "visit": ""}
