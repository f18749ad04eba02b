"""The ledger as CSV: every row once, in order, page by page, readable by any reader."""

import asyncio
import csv
import io

import pytest


def test_pages_put_together_are_the_whole_ledger(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            wall.advance(0.25)
            await asyncio.gather(*(guest.reserve(f"p{number}", f"k{number}") for number in range(25)))
            after, pages, rows = 0, 0, []
            while page := list(csv.DictReader(io.StringIO((await guest("GET", f"/ledger/reservations.csv?after={after}&limit=10"))[1]))):
                rows += page
                pages += 1
                after = int(page[-1]["sequence"])
            assert pages == 3
            assert [int(row["sequence"]) for row in rows] == list(range(1, 26))
            assert {row["person"] for row in rows} == {f"p{number}" for number in range(25)}
            assert {row["at"] for row in rows} == {"1648803600.25"}

    run(scene())


def test_an_empty_page_has_only_the_header(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            assert (await guest("GET", "/ledger/reservations.csv"))[1] == "sequence,person,round,shop,key,at\n"
            status, text, headers = await guest("GET", "/ledger/rounds.csv?after=4")
            assert (status, text, headers["Content-Type"]) == (200, "sequence,round,open,close\n", "text/csv; charset=utf-8")

    run(scene())


def test_rounds_are_numbered_from_one_with_their_window(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            lines = (await guest("GET", "/ledger/rounds.csv?limit=2"))[1].splitlines()
            assert lines[1:] == ["1,2022-04-01.r1,1648803600.0,1648807200.0", "2,2022-04-01.r2,1648803600.0,1648807200.0"]

    run(scene())


@pytest.mark.parametrize("key", ['a,b"c', '"', ",,", "plain", "''", "\\"])
def test_a_key_with_the_readers_own_characters_comes_back_whole(serving, run, key: str) -> None:
    async def scene() -> None:
        async with serving() as guest:
            assert (await guest.reserve(key=key))[0] == 201
            (row,) = csv.DictReader(io.StringIO((await guest("GET", "/ledger/reservations.csv"))[1]))
            assert row["key"] == key

    run(scene())


@pytest.mark.parametrize(("query", "field"), [("after=-1", "after"), ("after=x", "after"), ("limit=0", "limit"), ("limit=200001", "limit")])
def test_a_wrong_page_names_its_field(serving, run, query: str, field: str) -> None:
    async def scene() -> None:
        async with serving() as guest:
            status, problem, _ = await guest("GET", f"/ledger/reservations.csv?{query}")
            assert (status, problem["field"]) == (422, field)

    run(scene())
