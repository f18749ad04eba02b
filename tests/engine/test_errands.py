"""`async with target.step(…)`: any client of asyncio inside a visit, measured as one sample."""

import asyncio
import gc

import numpy as np
import pytest
from riding import ok, plan, ride, serving

from rushproof import pseudonym
from rushproof.engine.drive import Drive
from rushproof.sample import Distribution, Outcome

SALT = bytes(16)  # of the plans in riding


async def serve(request, writer):
    if "/hang" in request.line:
        await asyncio.sleep(60)
    if "/slow" in request.line:
        await asyncio.sleep(0.05)
    writer.write(ok(b'{"data": {"id": "b-7"}, "sequence": 5}', "Content-Type: application/json\r\n"))


def riding(body, persona, during=None, **more):
    async def go():
        async with serving(serve) as server:
            made = persona(body.replace("URL", server.url).replace("PORT", server.url.rpartition(":")[2]))
            return await ride(plan(server.url, made, **{"rate": 50, "seconds": 0.2, **more}), during), server

    return asyncio.run(go())


def notes(ridden):
    return [note for frame in ridden.frames for note in frame.notes]


def add_up(ridden):
    visits = ridden.final.visits[0]
    assert visits.offered == visits.finished + visits.unfinished
    assert visits.offered == ridden.count(Distribution.STRETCH)
    return visits


AIOHTTP = """
    steps = {"book": Step(promises=Promise("booking", content=("seat",), key="data.id")), "look": Step()}

    async def visit(self, person, target):
        import aiohttp
        async with aiohttp.ClientSession() as session:
            async with target.step("book", person=person, about={"round": "r1", "seat": 4}) as sample:
                async with session.post("URL/slow", json={}, timeout=aiohttp.ClientTimeout(total=5)) as answer:
                    sample.told(await answer.json())
                assert asyncio.current_task() is not None
        assert sample.outcome is Outcome.OK
        await target.think(person, mean=0.01)
        await target.get("/", step="look")
"""


def test_aiohttps_client_is_measured_and_what_it_was_told_is_promised(persona):
    ridden, _ = riding(AIOHTTP, persona)
    assert ridden.outcomes("book") == {"ok": 10}
    assert ridden.outcomes("look") == {"ok": 10}
    assert not notes(ridden)
    rows = ridden.attempts
    assert set(rows["sequence"].tolist()) == {5}
    assert set(rows["key"].tolist()) == {pseudonym.key(SALT, "b-7")}
    assert set(rows["content"].tolist()) == {pseudonym.content(SALT, ("4",))}
    assert len(set(rows["person"].tolist())) == 10
    assert all(0.05 <= took < 1.0 for took in rows["done"] - rows["sent"])
    assert ridden.final.rounds in ((), ("r1",))
    assert add_up(ridden).finished == 10


def test_a_bare_connection_is_a_client_too(persona):
    body = """
        steps = {"talk": Step()}

        async def visit(self, person, target):
            async with target.step("talk", writes=False):
                reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
                writer.write(b"GET / HTTP/1.1\\r\\n\\r\\n")
                async with asyncio.timeout(5):
                    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 201")
                writer.close()
                await writer.wait_closed()
    """
    ridden, server = riding(body, persona)
    assert ridden.outcomes("talk") == {"ok": 10}
    assert server.connections >= 10
    assert not notes(ridden)


@pytest.mark.parametrize(("writes", "outcome"), [("True", "doubt"), ("False", "error")])
def test_the_steps_time_out_ends_it_and_the_visit_goes_on(persona, writes, outcome):
    body = f"""
        steps = {{"pay": Step(timeout=0.2), "look": Step()}}

        async def visit(self, person, target):
            async with target.step("pay", writes={writes}) as sample:
                await asyncio.sleep(60)
            assert sample.outcome is not Outcome.OK
            await target.get("/", step="look")
    """
    ridden, _ = riding(body, persona)
    assert ridden.outcomes("pay") == {outcome: 10}
    assert ridden.outcomes("look") == {"ok": 10}
    assert add_up(ridden).finished == 10


@pytest.mark.parametrize(
    ("raised", "outcome", "told"),
    [
        ("ConnectionResetError()", "doubt", False), ("TimeoutError()", "doubt", False), ("KeyError('declared')", "doubt", False),
        ("ValueError('a bug')", "error", True), ("asyncio.CancelledError()", "error", True),
    ],
)  # fmt: skip
def test_what_is_raised_inside_is_the_targets_doing_or_the_visits(persona, raised, outcome, told):
    body = f"""
        steps = {{"pay": Step(), "look": Step()}}

        async def visit(self, person, target):
            async with target.step("pay", failures=(KeyError,)):
                await asyncio.sleep(0.001)
                raise {raised}
            await target.get("/", step="look")
    """
    ridden, _ = riding(body, persona)
    assert ridden.outcomes("pay") == {outcome: 10}
    assert ridden.outcomes("look") == ({} if told else {"ok": 10})
    assert any(raised.partition("(")[0].rpartition(".")[2] in note for note in notes(ridden)) == told
    assert add_up(ridden).finished == 10


def test_the_visit_says_itself_how_it_came_out(persona):
    body = """
        steps = {"pay": Step(promises=Promise("payment"))}

        async def visit(self, person, target):
            async with target.step("pay", about={"person": "somebody", "round": "r2"}) as sample:
                sample.outcome = Outcome.REFUSED
                sample.told({"sequence": 9})
    """
    ridden, _ = riding(body, persona)
    assert ridden.outcomes("pay") == {"refused": 10}
    assert set(ridden.attempts["sequence"].tolist()) == {-1}
    assert set(ridden.attempts["person"].tolist()) == {pseudonym.pseudonym(SALT, "somebody")}


def test_the_targets_own_calls_and_thinking_work_inside_and_blocks_lie_in_one_another(persona):
    body = """
        steps = {"pay": Step(), "look": Step(), "inner": Step()}

        async def visit(self, person, target):
            async with target.step("pay"):
                assert (await target.get("/slow", step="look")).status == 201
                await target.think(person, mean=0.02)
                async with target.step("inner"):
                    await asyncio.gather(asyncio.sleep(0.01), asyncio.sleep(0.02))
                await asyncio.sleep(0)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self.beside(target))
            await target.get("/", step="look")

        async def beside(self, target):
            async with target.step("inner"):
                async with asyncio.timeout(1):
                    await asyncio.sleep(0.01)
    """
    ridden, _ = riding(body, persona)
    assert not notes(ridden)
    assert ridden.outcomes("pay") == {"ok": 10}
    assert ridden.outcomes("inner") == ridden.outcomes("look") == {"ok": 20}
    assert add_up(ridden).finished == 10


@pytest.mark.parametrize("keep", ["pool", "visit"])
def test_a_call_that_is_given_up_inside_is_recorded_when_its_answer_comes_and_disturbs_nobody(persona, keep):
    body = """
        steps = {"pay": Step(), "look": Step(), "after": Step()}

        async def visit(self, person, target):
            async with target.step("pay"):
                try:
                    async with asyncio.timeout(0.01):
                        await target.get("/slow", step="look")
                except TimeoutError:
                    pass
                else:
                    raise AssertionError("it should have been given up")
            for _ in range(5):
                await asyncio.sleep(0.02)
                assert (await target.get("/", step="after")).step.name == "after"
    """
    ridden, _ = riding(body, persona, connections={"keep": keep})
    assert not notes(ridden)
    assert ridden.outcomes("pay") == {"ok": 10}
    assert ridden.outcomes("look") == {"ok": 10}
    assert ridden.outcomes("after") == {"ok": 50}
    assert add_up(ridden).finished == 10


HANGING = """
    steps = {"pay": Step(promises=Promise("payment")), "look": Step()}
    ended = 0

    async def visit(self, person, target):
        try:
            async with target.step("pay"):
                INSIDE
        finally:
            type(self).ended += 1
            with open("MARK", "a") as mark:
                mark.write("x")
"""


@pytest.mark.parametrize(
    "inside",
    ["await asyncio.sleep(60)", 'await target.get("/hang", step="look")', "await target.think(person, mean=1e6)"],
)
def test_what_is_still_inside_at_the_end_is_censored_once_and_its_task_ended(persona, tmp_path, inside):
    mark = tmp_path / "mark"

    async def still(engine):
        while len(engine.crowds[0].errands) < 10:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert len(engine.crowds[0].errands) == 10
        engine.stop(0.1)  # only now: an end by the clock may come before this has looked, where the machine is busy

    body = HANGING.replace("INSIDE", inside).replace("MARK", str(mark))

    async def go():
        async with serving(serve) as server:
            ridden = await ride(plan(server.url, persona(body), rate=50, seconds=0.2, drain=5), still)
            async with asyncio.timeout(5):
                while not mark.exists() or len(mark.read_text()) < 10:
                    await asyncio.sleep(0.01)
            return ridden

    ridden = asyncio.run(go())
    assert ridden.outcomes("pay") == {"unfinished": 10}
    assert ridden.outcomes("look") == ({"unfinished": 10} if "look" in inside else {})
    assert len(ridden.attempts) == 10
    assert all(np.isfinite(ridden.attempts["done"]))
    assert add_up(ridden).unfinished == 10
    assert mark.read_text() == "x" * 10, "everybody could tidy up"


def test_who_waits_for_asyncio_at_the_end_is_not_woken_after_it(persona):
    body = """
        steps = {"look": Step()}

        async def visit(self, person, target):
            await asyncio.sleep(0.6)
            await target.get("/", step="look")
    """

    async def go():
        async with serving(serve) as server:
            ridden = await ride(plan(server.url, persona(body), rate=50, seconds=0.2, drain=0.1))
            await asyncio.sleep(0.6)
            return ridden, server

    ridden, server = asyncio.run(go())
    assert add_up(ridden).unfinished == 10
    assert not server.requests


def test_nothing_is_left_of_an_errand_without_the_collector(persona):
    """The engine runs with garbage collection off, so that no errand may be part of a cycle."""
    body = """
        steps = {"pay": Step()}

        async def visit(self, person, target):
            async with target.step("pay"):
                await asyncio.sleep(0.01)
                if person.index % 2:
                    raise OSError
    """

    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(one, Drive) for one in gc.get_objects())
        riding(body, persona, rate=500)
        after = sum(isinstance(one, Drive) for one in gc.get_objects())
    finally:
        gc.enable()
    assert after - before == 0


def test_an_errands_lag_and_times_are_kept_like_a_calls(persona):
    ridden, _ = riding(AIOHTTP, persona)
    for distribution in (Distribution.SERVICE, Distribution.RESPONSE, Distribution.WAIT, Distribution.LAG, Distribution.INTENT):
        assert ridden.count(distribution, Outcome.OK, "book") == 10


def test_a_call_inside_that_cannot_be_signed_ends_the_visit_once(persona):
    body = """
        steps = {"pay": Step(), "look": Step()}

        def sign(self, request, person):
            raise LookupError

        async def visit(self, person, target):
            async with target.step("pay"):
                await asyncio.sleep(0)
                await target.get("/", step="look")
    """
    ridden, server = riding(body, persona)
    assert not server.requests
    assert ridden.outcomes("pay") == ridden.outcomes("look") == {"error": 10}
    assert ridden.count(Distribution.STRETCH, Outcome.ERROR) == 10
    assert add_up(ridden).finished == 10
