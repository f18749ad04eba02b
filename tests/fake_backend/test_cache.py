"""The cache: in one process, in a real Valkey, and in one that has gone."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_backend.cache import Memory
from fake_backend.database import DatabaseError
from fake_backend.embedded import embedded_valkey
from fake_backend.totals import Counted, Shares, together
from fake_backend.valkey_cache import Valkey


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture(params=["memory", "valkey"])
def cache(request: pytest.FixtureRequest):
    return Memory() if request.param == "memory" else Valkey(request.getfixturevalue("valkey"), "test:")


def test_what_was_put_is_there_for_so_long_and_counters_count(cache, run) -> None:
    async def scene() -> None:
        assert await cache.get("a") is None
        await cache.put("a", b"\x00one", 60)
        await cache.put("b", b"short", 0.05)
        assert await cache.get("a") == b"\x00one"
        await asyncio.sleep(0.08)
        assert await cache.get("b") is None
        assert await cache.keep({"c": b"3", "d": b"4"}, 60)
        assert await cache.find(["a", "b", "c", "d"]) == {"a": b"\x00one", "c": b"3", "d": b"4"}
        assert [await cache.increment("n", by) for by in (1, 4, 0)] == [1, 5, 5]
        await cache.close()

    run(scene())


def test_a_process_keeps_only_so_many(run) -> None:
    async def scene() -> None:
        cache = Memory(most=2)
        for key in "abc":
            await cache.put(key, key.encode(), 60)
        assert [await cache.get(key) for key in "abc"] == [None, b"b", b"c"]

    run(scene())


def test_what_one_run_put_is_not_seen_by_another(valkey, run) -> None:
    async def scene() -> None:
        one, other = Valkey(valkey, "one:"), Valkey(valkey, "other:")
        await one.put("a", b"1", 60)
        assert await other.get("a") is None
        await one.close()
        await other.close()

    run(scene())


def test_a_cache_that_is_away_knows_nothing_and_breaks_nothing(tmp_path: Path, run, caplog) -> None:
    async def scene() -> None:
        cache = Valkey(f"unix://{tmp_path}/nobody", "x:")
        await cache.put("a", b"1", 60)
        assert await cache.get("a") is None and await cache.increment("n") is None
        assert await cache.find(["a"]) is None and not await cache.keep({"a": b"1"}, 60)
        shares = Shares(cache, lambda: {"accepted": 3})
        await shares.carry()
        assert shares.member == 0 and await shares.of_the_gone([]) == {}
        await cache.close()

    run(scene())
    assert len(caplog.records) == 1  # told once, not with every look-up


def test_what_is_no_url_is_one_clear_sentence() -> None:
    with pytest.raises(DatabaseError):
        Valkey("nonsense", "")


def test_what_the_dead_counted_is_added_to_what_the_living_say(cache, run) -> None:
    async def scene() -> None:
        dead, living = Shares(cache, lambda: {"accepted": 3, "replayed": 1}), Shares(cache, lambda: {"accepted": 5})
        for each in (dead, living, dead):
            await each.carry()
        gone = await living.of_the_gone([living.member])
        assert gone == {"accepted": 3, "replayed": 1}
        total = together([Counted(outcomes={"accepted": 6}, gauges={"fake_backend_queue_depth": 2.0, "x": 1.0}), Counted(outcomes=gone)])
        assert (total.outcomes, total.gauges) == ({"accepted": 9, "replayed": 1}, {"fake_backend_queue_depth": 2.0, "x": 1.0})
        await cache.close()

    run(scene())


def test_histograms_of_several_add_up() -> None:
    one = Counted({"GET /": {200: ([1, 2], 0.5)}}, ([1, 0], 0.1), ([0, 1], 3.0), {}, {"fake_backend_queue_depth": 1.0, "speed": 2.0})
    other = Counted(
        {"GET /": {200: ([0, 1], 0.25), 404: ([1, 0], 0.1)}},
        ([1, 1], 0.2),
        ([1, 0], 1.0),
        {},
        {"fake_backend_queue_depth": 4.0, "speed": 2.0},
    )
    total = together([one, other])
    assert total.requests == {"GET /": {200: ([1, 3], 0.75), 404: ([1, 0], 0.1)}}
    assert total.commit_rows == ([1, 1], 4.0) and total.gauges == {"fake_backend_queue_depth": 5.0, "speed": 2.0}
    assert one.requests["GET /"][200] == ([1, 2], 0.5)
