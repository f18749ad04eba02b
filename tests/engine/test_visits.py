"""What becomes of visits: when they begin, how they come back, and that none vanishes."""

import asyncio
from collections import Counter

import numpy as np
import pytest
from msgspec.structs import replace
from riding import ONE_POST, ok, plan, ride, saying, serving

from rushproof.engine.engine import Engine
from rushproof.errors import PersonaError, SafetyError, TargetError
from rushproof.sample import Distribution, Outcome

SALT = bytes(16)  # of the plans in riding

SHED = b"HTTP/1.1 429 Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"

TWO_STEPS = """
    steps = {"browse": Step(), "reserve": Step()}

    async def visit(self, person, target):
        await target.get("/rounds", step="browse")
        await target.think(person, mean=4.0)
        await target.post("/reservations", {}, step="reserve")
"""


def add_up(ridden):
    visits = ridden.final.visits[0]
    assert visits.offered == visits.finished + visits.unfinished + visits.missed
    assert visits.in_flight == 0
    assert visits.finished == ridden.count(Distribution.STRETCH, Outcome.OK) + ridden.count(Distribution.STRETCH, Outcome.ERROR)
    assert visits.unfinished == ridden.count(Distribution.STRETCH, Outcome.UNFINISHED)
    assert visits.missed == ridden.count(Distribution.STRETCH, Outcome.MISSED)
    return visits


def riding(answer, body, persona, during=None, **more):
    async def go():
        async with serving(answer) as server:
            return await ride(plan(server.url, persona(body), **more), during), server

    return asyncio.run(go())


def test_a_person_who_was_shed_comes_back_as_asked_under_the_same_key_and_the_intents_own_due(persona):
    tries = Counter()

    async def later(request, writer):
        key = request.headers["idempotency-key"]
        tries[key] += 1
        writer.write(SHED if tries[key] < 3 else ok())

    ridden, _ = riding(later, ONE_POST, persona, rate=50, seconds=0.2, speed=10)
    assert ridden.outcomes("reserve") == {"shed": 20, "ok": 10}
    assert ridden.count(Distribution.INTENT, Outcome.OK) == 10
    assert ridden.count(Distribution.INTENT) == 10
    for key in tries:
        mine = np.sort(ridden.attempts[ridden.attempts["key"] == int(key, 16)], order="sent")
        assert len(set(mine["due"])) == 1
        assert list(mine["last"]) == [0, 0, 1]
        assert all(np.diff(mine["sent"]) >= 0.1), "Retry-After is scenario time: one second at speed ten"
    add_up(ridden)


def test_patience_ends(persona):
    population = {"patience": {"least": "10s", "most": "10s"}}
    ridden, _ = riding(saying(SHED), ONE_POST, persona, rate=50, seconds=0.2, speed=20, population=population)
    assert ridden.count(Distribution.INTENT, Outcome.SHED) == ridden.count(Distribution.INTENT) == 10
    assert ridden.count(Distribution.RESPONSE, Outcome.SHED) >= 20
    assert add_up(ridden).finished == 10


def test_what_is_still_in_flight_after_draining_is_censored_at_its_age(persona):
    async def hang(request, writer):
        if len(server_requests) % 2:
            writer.write(ok())
        server_requests.append(request)

    server_requests = []
    ridden, _ = riding(hang, ONE_POST, persona, rate=50, seconds=0.2, drain=0.3, connections={"cap": 100})
    assert ridden.outcomes("reserve") == {"ok": 5, "unfinished": 5}
    left = ridden.attempts[ridden.attempts["outcome"] == Outcome.UNFINISHED]
    assert all(0.3 <= age < 1.0 for age in left["done"] - left["due"])
    visits = add_up(ridden)
    assert (visits.finished, visits.unfinished) == (5, 5)


def test_who_waits_for_a_connection_thinks_or_gives_up_trying_is_counted_too(persona):
    async def hang(request, writer):
        await asyncio.sleep(60)

    ridden, server = riding(hang, ONE_POST, persona, rate=50, seconds=0.2, drain=0.2, connections={"cap": 2})
    assert ridden.outcomes("reserve") == {"unfinished": 10}
    assert server.most == 2
    assert add_up(ridden).unfinished == 10

    ridden, _ = riding(saying(ok()), TWO_STEPS, persona, rate=50, seconds=0.2, drain=0.01)
    assert add_up(ridden).unfinished > 0
    assert ridden.outcomes("browse") == {"ok": 10}


def test_arrivals_beyond_the_cap_are_missed_not_forgotten(persona):
    async def hang(request, writer):
        await asyncio.sleep(60)

    ridden, _ = riding(hang, ONE_POST, persona, rate=50, seconds=0.2, drain=0.1, in_flight=4)
    visits = add_up(ridden)
    assert (visits.unfinished, visits.missed) == (4, 6)
    assert ridden.outcomes("reserve") == {"unfinished": 4, "missed": 6}
    assert sum(health.missed for frame in ridden.frames for health in frame.health) == 6


def test_think_time_runs_at_the_scenarios_speed_and_the_next_step_is_due_after_it(persona):
    ridden, _ = riding(saying(ok()), TWO_STEPS, persona, rate=100, seconds=2, speed=20)
    assert ridden.outcomes("reserve") == {"ok": 200}
    stretched = ridden.count(Distribution.STRETCH)
    assert stretched == 200
    lags = [row for frame in ridden.frames for row in frame.cell_rows if row["distribution"] == Distribution.LAG]
    assert sum(int(row["count"]) for row in lags) == 400


def test_a_personas_bug_is_told_and_stops_nobody_else(persona):
    body = """
        steps = {"look": Step()}

        async def visit(self, person, target):
            await target.get("/", step="look")
            if person.index % 2:
                raise ValueError("a bug")
            await target.get("/", step="lok")
    """
    ridden, _ = riding(saying(ok()), body, persona, rate=50, seconds=0.2)
    notes = " ".join(note for frame in ridden.frames for note in frame.notes)
    assert "raised ValueError (visit, line " in notes
    assert "a bug" not in notes, "what an exception says may name a person"
    assert "no step 'lok'; did you mean 'look'?" in notes
    assert ridden.count(Distribution.STRETCH, Outcome.ERROR) == 10
    add_up(ridden)


def test_a_visit_may_await_what_asyncio_has_to_offer(persona):
    body = """
        steps = {"look": Step()}

        async def visit(self, person, target):
            await asyncio.sleep(0)
            await asyncio.sleep(0.01)
            assert await asyncio.create_task(self.other()) == "done"
            await target.get("/", step="look")

        async def other(self):
            await asyncio.sleep(0.01)
            return "done"
    """
    ridden, _ = riding(saying(ok()), body, persona, rate=50, seconds=0.2)
    assert ridden.outcomes("look") == {"ok": 10}
    assert add_up(ridden).finished == 10


def test_stop_ends_arrivals_and_drains(persona):
    async def stop(engine):
        await asyncio.sleep(0.3)
        engine.stop(1.0)

    ridden, _ = riding(saying(ok()), ONE_POST, persona, during=stop, rate=100, seconds=30)
    visits = add_up(ridden)
    assert 20 <= visits.offered <= 60
    assert visits.finished == visits.offered
    assert ridden.final.until == pytest.approx(visits.offered / 100, abs=0.011)


def test_locust_steers_the_rate_where_the_plan_has_no_arrivals(persona):
    async def steer(engine):
        engine.turn(200.0)
        await asyncio.sleep(0.5)
        engine.turn(0.0)
        await asyncio.sleep(0.3)
        engine.stop(1.0)

    async def go():
        async with serving(saying(ok())) as server:
            planned = plan(server.url, persona(ONE_POST), rate=100, seconds=30)
            crowd = replace(planned.crowds[0], people=0, arrivals=None)
            return await ride(replace(planned, crowds=(crowd,)), steer)

    visits = add_up(asyncio.run(go()))
    assert 80 <= visits.offered <= 105


@pytest.mark.parametrize("keep", ["pool", "visit"])
def test_connections_are_kept_or_opened_for_each_visit(persona, keep):
    body = TWO_STEPS.replace("await target.think(person, mean=4.0)", "")
    ridden, server = riding(saying(ok()), body, persona, rate=50, seconds=0.2, connections={"keep": keep, "cap": 5})
    assert ridden.outcomes("reserve") == {"ok": 10}
    assert server.most <= 5
    assert server.connections == 10 if keep == "visit" else server.connections <= 5
    if keep == "visit":
        assert set(Counter(request.peer for request in server.requests).values()) == {2}


def test_several_local_addresses_are_used_in_turn(persona):
    connections = {"keep": "visit", "sources": ["127.0.0.2", "127.0.0.3"]}
    _, server = riding(saying(ok()), ONE_POST, persona, rate=50, seconds=0.2, connections=connections)
    assert Counter(request.peer[0] for request in server.requests) == {"127.0.0.2": 5, "127.0.0.3": 5}


def test_the_same_people_come_at_the_same_times_with_one_worker_and_with_three(persona):
    def hashes(ridden):
        rows = ridden.attempts
        return set(zip(rows["number"].tolist(), rows["person"].tolist(), np.round(rows["due"] * 1e6).astype(int).tolist(), strict=True))

    async def go():
        async with serving(saying(ok())) as server:
            path = persona(ONE_POST)
            alone = await ride(plan(server.url, path, rate=300, seconds=0.3))
            three = [await ride(plan(server.url, path, rate=300, seconds=0.3, worker=number, workers=3)) for number in range(3)]
            return hashes(alone), [hashes(one) for one in three]

    alone, three = asyncio.run(go())
    assert len(alone) == 90
    assert set.union(*three) == alone
    assert sum(map(len, three)) == len(alone)


def test_attempts_name_who_promised_what(persona):
    ridden, server = riding(saying(ok(b'{"sequence": 41}')), ONE_POST, persona, rate=50, seconds=0.2)
    assert all(frame.rounds in ((), ("r1",)) for frame in ridden.frames)
    assert {int(request.headers["idempotency-key"], 16) for request in server.requests} == set(ridden.attempts["key"].tolist())
    assert len(set(ridden.attempts["person"].tolist())) == 10
    assert set(ridden.attempts["sequence"].tolist()) == {41}
    assert all(ridden.attempts["last"] == 1)


def test_a_frozen_target_is_felt_by_everybody_who_was_due_meanwhile(persona):
    """Frozen for half a second in the middle: who was due t before the thaw waits t, however few connections there are."""
    thawed = asyncio.Event

    async def go():
        gate = thawed()
        gate.set()

        async def answer(request, writer):
            await gate.wait()
            writer.write(ok())

        async def freeze(engine):
            await asyncio.sleep(0.5)
            gate.clear()
            await asyncio.sleep(0.5)
            gate.set()

        async with serving(answer) as server:
            return await ride(plan(server.url, persona(ONE_POST), rate=400, seconds=1.5, connections={"cap": 4}), freeze)

    ridden = asyncio.run(go())
    took = np.sort(ridden.attempts["done"] - ridden.attempts["due"])
    service = ridden.attempts["done"] - ridden.attempts["sent"]
    assert len(took) == 600
    assert 170 <= (took > 0.05).sum() <= 230, "a third of the run, less the last twentieth of a second"
    assert np.quantile(took, 0.9) == pytest.approx(0.35, abs=0.06)
    assert (service > 0.05).sum() <= 8, "what most tools would have shown"


@pytest.mark.parametrize(
    ("url", "error"),
    [("http://192.0.2.1:80", SafetyError), ("ftp://127.0.0.1", TargetError), ("http://no-such-host.invalid", TargetError)],
)
def test_a_target_that_cannot_be_is_refused_before_anything_is_sent(persona, url, error):
    with pytest.raises(error):
        Engine(plan(url, persona(ONE_POST)), print)


def test_settings_that_do_not_fit_are_refused(persona):
    body = "class Settings(Settings):\n    entries: int = 1\n" + ONE_POST.replace("\n    ", "\n")
    planned = plan("http://127.0.0.1:1", persona(body))
    bad = replace(planned.crowds[0], settings={"entires": "2"})
    with pytest.raises(PersonaError, match="entires"):
        Engine(replace(planned, crowds=(bad,)), print)
