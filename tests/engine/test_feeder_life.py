"""The feeder's life: as fast as the engine takes its rows, ended with it, and missed when it is gone."""

import asyncio
import resource
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from feeding import SHOWS_TOKEN, notes
from riding import looped, ok, plan, ride, saying, serving

from rushproof.engine.engine import Engine
from rushproof.engine.feed import Feed
from rushproof.population import Population


@looped
async def test_the_feeder_is_fast_and_waits_for_an_engine_that_is_not(persona: Any, tmp_path: Path) -> None:
    rows, token = 300_000, "md5(range::VARCHAR) || md5((range + 1)::VARCHAR) || md5((range + 2)::VARCHAR)"
    duckdb.execute(f"COPY (SELECT 'm' || range AS id, {token} AS token FROM range({rows})) TO '{tmp_path / 'people.parquet'}'")
    spec = {"file": str(tmp_path / "people.parquet"), "token": "token"}
    mine = plan("http://127.0.0.1:1", "p.py", rate=rows, persons=spec)
    told: list[str] = []
    feed = Feed(mine, 0, Population(mine.population, 1), told.append)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    async with asyncio.timeout(60):
        await feed.open()
        while not feed.paused:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert feed.held < 8_000_000, "of 40 MB"
        found: list[int] = []
        while len(found) < rows:
            found += [person.index for person in feed.take()]
            await asyncio.sleep(0)
    await feed.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert found == list(range(rows))
    assert not told
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert rows / taken > 20_000, f"{rows / taken:,.0f} rows in a second of a core, its start counted"


@looped
async def test_a_feeder_that_dies_ends_the_persons(persona: Any, signer: Any) -> None:
    async def kill(engine: Engine) -> None:
        await asyncio.sleep(0.5)
        for crowd in engine.crowds:
            crowd.feed.process.kill()

    path = signer("""
        def sign(person):
            return "t"
    """)
    async with serving(saying(ok())) as server:
        spec = {"signer": path, "ahead": "0.1s"}
        ridden = await ride(plan(server.url, persona(SHOWS_TOKEN), rate=50, seconds=2, persons=spec), kill)
    visits = ridden.final.visits[0]
    assert (visits.finished >= 50, visits.missed >= 40, visits.finished + visits.missed) == (True, True, 100)
    assert "the persons ran out at arrival" in notes(ridden)
    assert "the process that feeds them ended too early" in notes(ridden)


@looped
async def test_persons_who_never_come_are_missed_and_the_feeder_is_ended(
    persona: Any, signer: Any, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rushproof.engine.pump._LATE", 0.3)
    monkeypatch.setattr("rushproof.engine.feed._GRACE", 0.2)
    path = signer("""
        def sign(person):
            if person.id == "m-15":
                time.sleep(600)
            return "t"
    """)
    feeders = []

    async def look(engine: Engine) -> None:
        feeders.extend(crowd.feed for crowd in engine.crowds)

    async with serving(saying(ok())) as server:
        spec = {"file": people(20), "signer": path, "ahead": "0.1s"}
        ridden = await ride(plan(server.url, persona(SHOWS_TOKEN), rate=10, seconds=2, persons=spec), look)
    assert ridden.final.visits[0].missed >= 5
    assert "the persons ran out at arrival 1" in notes(ridden)
    assert "they were not there 0.3 s after the last was due" in notes(ridden)
    assert feeders[0].process.returncode is not None


@looped
async def test_a_stop_waits_for_nobody_who_is_late(persona: Any, signer: Any) -> None:
    path = signer("""
        def sign(person):
            time.sleep(0.25)
            return "t"
    """)

    async def stop(engine: Engine) -> None:
        await asyncio.sleep(2.0)
        engine.stop(0.5)

    async with serving(saying(ok())) as server:
        began = time.monotonic()
        ridden = await ride(plan(server.url, persona(SHOWS_TOKEN), rate=10, seconds=10, persons={"signer": path}), stop)
    visits = ridden.final.visits[0]
    assert visits.missed > 0
    assert visits.offered == visits.finished + visits.missed <= 21
    assert time.monotonic() - began < 15
