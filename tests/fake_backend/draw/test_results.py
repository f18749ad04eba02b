"""Results that are final, from a real Valkey, whichever of two backends is asked; what may still change is looked up."""

import contextlib
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from fake_backend.app import compose
from fake_backend.embedded import embedded_valkey
from fake_backend.facts import Letter
from fake_backend.settings import Settings
from fake_backend.valkey_cache import Valkey
from tests.fake_backend.conftest import Guest
from tests.fake_backend.draw.conftest import FEW, ROUND

databases = ("postgres",)
EVERYBODY = [f"p{number:03}" for number in range(30)]


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@contextlib.asynccontextmanager
async def another(opened: Any, wall: Any, cache: Valkey, settings: Settings = FEW) -> Any:
    """A second backend on the same database, which draws nothing itself."""
    database = opened()
    try:
        backend = await compose(database, wall=wall, settings=settings, cache=cache)
        async with TestServer(backend.web) as server, aiohttp.ClientSession(server.make_url("/")) as session:
            yield Guest(session, backend)
    finally:
        database.close()


async def of(guest: Guest, person: str, **more: str) -> list[dict[str, Any]]:
    status, shown, _ = await guest("GET", "/results", params={"person": person, **more})
    assert status == 200
    return shown["results"]


def reads(guest: Guest) -> list[str]:
    """Whom the guest's backend looks up in its ledger, from now on."""
    ledger, seen = guest.backend.ledger, []
    looked = ledger.of_person

    async def watched(person: str, rounds: Any) -> Any:
        seen.append(person)
        return await looked(person, rounds)

    ledger.of_person = watched
    return seen


async def published(day: Any) -> None:
    """The whole day is out: every round of it."""
    await day.published(30)
    names = [name for (name,) in await day.guest.backend.site.books.read("SELECT round FROM rounds WHERE round LIKE '2022-04-01.%'")]
    for name in names:
        await day.until("published", name)


def test_final_results_are_kept_for_both_and_open_ones_are_looked_up(days, opened, wall, run, valkey, tmp_path) -> None:
    def cache() -> Valkey:
        return Valkey(valkey, f"{tmp_path}:")

    async def story() -> None:
        async with days(cache=cache()) as day, another(opened, wall, cache()) as other:
            await day.enter(30)
            assert [one["state"] for one in await of(day.guest, "p000")] == ["waiting"]
            await day.guest.backend.site.remembered.kept()
            assert await other.backend.site.cache.find([f"results:2022-04-01:{person}" for person in EVERYBODY]) == {}
            await published(day)
            first = {person: await of(day.guest, person) for person in EVERYBODY}
            await day.guest.backend.site.remembered.kept()
            seen = reads(other)
            assert {person: await of(other, person) for person in EVERYBODY} == first
            listed = [person for person, (one,) in first.items() if one["state"] == "listed"]
            assert listed and seen == listed  # those alone may still change

            await passes_on(day, first, other)
            await back_and_on(day, first, other)

    async def passes_on(day: Any, first: Any, other: Guest) -> None:
        books = day.guest.backend.site.books
        places = await books.read("SELECT sequence, shop, place, person FROM draw_places WHERE round = ? ORDER BY number", ROUND)
        winner, shop, _, _ = next(row for row in places if row[2] == 0)
        person = next(who for _, of_shop, place, who in places if of_shop == shop and place == 1)
        await books.write(lambda books: books.send(Letter("draw.pass_on", f"o{winner}", {"order": f"o{winner}"})))
        await day.when(lambda: day.events("passed_on"), len)
        for guest in (other, day.guest):
            assert (await of(guest, person))[0]["state"] == "won"
        first[person] = await of(other, person)

    async def back_and_on(day: Any, first: Any, other: Guest) -> None:
        for now, asked in (("2022-04-01T08:00:00", {}), ("2022-04-02T09:30:00", {"day": "2022-04-01"})):
            for guest in (day.guest, other):
                assert (await guest("PUT", "/clock", {"now": now, "speed": 1}))[0] == 200
                shown = [await of(guest, person, **asked) for person in EVERYBODY]
                assert shown == [first[person] for person in EVERYBODY]  # what was published stays so
        made = await other.reserve("p000", "next", "2022-04-02.r1")
        assert made[0] == 201
        for guest in (day.guest, other):
            assert [(one["round"], one["state"]) for one in await of(guest, "p000")] == [("2022-04-02.r1", "waiting")]

    run(story())


def test_without_the_cache_results_are_the_same(days, run, tmp_path) -> None:
    async def story() -> None:
        async with days(cache=Valkey(f"unix://{tmp_path}/nobody", "x:")) as day:
            await published(day)
            shown = [(await of(day.guest, person))[0] for person in EVERYBODY]
            assert [(await of(day.guest, person))[0] for person in EVERYBODY] == shown
            assert sorted(one["state"] for one in shown) == ["listed"] * 6 + ["lost"] * 18 + ["won"] * 6

    run(story())
