"""Verification of real names by another process: late, refused, away, and never asked in vain."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from fake_backend.database.sqlite import Sqlite
from fake_backend.providers import app as providers
from fake_backend.providers.behaviour import Behaviour
from fake_backend.settings import Links, read

CLOSED, OPEN = read(["identity=token"]), read(["identity=token", "verifier_away=admit"])
WHO = {"name": "n", "identity": "110105194912310021", "phone": "13800000000"}
USUAL = {"verification_latency": 0.0, "verification_failure": 0.0, "verification_refused": 0.0}


@asynccontextmanager
async def verifier(folder: Path, **traits: float) -> AsyncIterator[str]:
    database = Sqlite(folder / "providers.db")
    try:
        composed = await providers.compose(database, usual=Behaviour(**{**USUAL, **traits}))  # type: ignore[arg-type]
        async with TestServer(composed.web) as server:
            yield str(server.make_url("")).rstrip("/")
    finally:
        database.close()


async def state(guest, person: str, wanted: str) -> dict:
    async with asyncio.timeout(60):
        while (shown := (await guest("GET", f"/registrations/{person}"))[1])["state"] != wanted:
            await asyncio.sleep(0.01)
    return shown


async def logged_in(guest, made: dict) -> bool:
    body = {"person": made["person"], "device": "d1", "code": made["code"]}
    return (await guest("POST", "/tokens", body))[1]["verified"]


async def kinds(guest) -> list[str]:
    return [kind for (kind,) in await guest.backend.site.books.read("SELECT kind FROM daybook ORDER BY sequence") if "stock" not in kind]


def test_a_name_is_verified_by_whoever_can_tell(serving, run, tmp_path: Path) -> None:
    async def scene() -> None:
        async with verifier(tmp_path, verification_latency=0.05) as url, serving(settings=CLOSED, links=Links(providers=url)) as guest:
            made = (await guest("POST", "/registrations", WHO))[1]
            assert (made["state"], made["admitted"]) == ("pending", False)
            await state(guest, made["person"], "verified")
            assert await logged_in(guest, made)
            assert (await guest("POST", "/registrations", WHO))[1]["state"] == "verified"
            assert await kinds(guest) == ["registered", "verified"]
            assert await guest.backend.site.books.read("SELECT 1 FROM outbox") == []

    run(scene())


def test_a_name_that_is_refused_may_never_take_part(serving, run, tmp_path: Path) -> None:
    async def scene() -> None:
        for settings in (CLOSED, OPEN):
            async with verifier(tmp_path, verification_refused=1.0) as url, serving(settings=settings, links=Links(providers=url)) as guest:
                made = (await guest("POST", "/registrations", WHO))[1]
                await state(guest, made["person"], "refused")
                assert not await logged_in(guest, made)
                assert await kinds(guest) == ["registered", "verification_refused"]

    run(scene())


def test_while_nobody_can_tell_it_fails_closed_or_open_and_is_made_up_for(serving, run, tmp_path: Path) -> None:
    async def scene(settings, admitted: bool, who: dict) -> None:
        async with verifier(tmp_path, verification_failure=1.0) as url, serving(settings=settings, links=Links(providers=url)) as guest:
            made = (await guest("POST", "/registrations", who))[1]
            books = guest.backend.site.books
            async with asyncio.timeout(60):
                while (await books.read("SELECT tries FROM outbox"))[0][0] < 2:
                    await asyncio.sleep(0.01)
            assert (await state(guest, made["person"], "pending"))["admitted"] == admitted
            assert await logged_in(guest, made) == admitted
        async with verifier(tmp_path) as url, serving(settings=settings, links=Links(providers=url)) as guest:  # both started again
            await state(guest, made["person"], "verified")
            made = (await guest("POST", "/registrations", who))[1]
            assert await logged_in(guest, made)

    run(scene(CLOSED, False, WHO))
    run(scene(OPEN, True, {**WHO, "identity": "110105194912310039"}))


def test_in_a_retry_storm_whoever_registers_waits_for_it_and_it_is_asked_again_at_once(serving, run, tmp_path: Path) -> None:
    async def scene(failing: float, state: str, asked: int, who: dict) -> None:
        async with verifier(tmp_path, verification_failure=failing) as url, serving(settings=CLOSED, links=Links(providers=url)) as guest:
            await guest("PUT", "/switches/retry_storm", {"ttl": 60, "tries": 2, "patience": 60})
            assert (await guest("POST", "/registrations", who))[1]["state"] == state
            assert await guest.backend.site.books.read("SELECT 1 FROM outbox") == []
        with closing(sqlite3.connect(tmp_path / "providers.db")) as theirs:
            assert theirs.execute("SELECT max(asked) FROM verifications").fetchall() == [(asked,)]

    run(scene(0.0, "verified", 1, WHO))
    run(scene(1.0, "pending", 3, {**WHO, "identity": "110105194912310039"}))


@asynccontextmanager
async def saying(answers: list[tuple[int, str]]) -> AsyncIterator[str]:
    """A verifier that gives these answers, one after the other."""
    left = iter(answers)

    async def answer(request: web.Request) -> web.Response:
        status, text = next(left)
        return web.Response(status=status, text=text)

    application = web.Application()
    application.router.add_post("/verifications", answer)
    async with TestServer(application) as server:
        yield str(server.make_url("")).rstrip("/")


def test_an_answer_that_is_none_counts_as_no_answer(serving, run) -> None:
    async def scene() -> None:
        answers = [(200, "nonsense"), (500, "{}"), (200, '{"state": "maybe"}'), (200, '{"state": "verified"}')]
        async with saying(answers) as url, serving(settings=CLOSED, links=Links(providers=url)) as guest:
            made = (await guest("POST", "/registrations", WHO))[1]
            await state(guest, made["person"], "verified")
            assert await kinds(guest) == ["registered", "verified"]

    run(scene())
