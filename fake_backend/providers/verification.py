"""The verification of real names: does this identity belong to this name?  Only a keyed hash of what was asked is kept."""

import asyncio
import hashlib
import hmac
from typing import Annotated, Final, Literal

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer, parsed
from fake_backend.books import Bookkeeper, Books
from fake_backend.contract import BODY, operation, ref
from fake_backend.problems import refused
from fake_backend.providers.behaviour import Behaviour, Temper
from fake_backend.providers.chances import chance
from fake_backend.room import Room

State = Literal["verified", "refused"]

_SCHEMA: Final = ("CREATE TABLE IF NOT EXISTS verifications (hash TEXT PRIMARY KEY, asked INTEGER NOT NULL, state TEXT NOT NULL)",)


class Verify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /verifications."""

    identity: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Verification(msgspec.Struct, frozen=True):
    """What POST /verifications answers."""

    state: State


def verdict(mark: str, asked: int, behaviour: Behaviour) -> State | None:
    """What is found the time it is asked; None where the verification is away."""
    if chance(behaviour.seed, "verification away", mark, asked) < behaviour.verification_failure:
        return None
    return "refused" if chance(behaviour.seed, "verification", mark) < behaviour.verification_refused else "verified"


def room(books: Bookkeeper, temper: Temper, secret: str) -> Room:
    """POST /verifications."""

    async def verify(request: web.Request) -> web.Response:
        wanted = await parsed(request, _decode)
        behaviour = temper()
        text = f"{wanted.identity}\0{wanted.name}".encode("utf-8", "surrogatepass")
        mark = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
        await asyncio.sleep(behaviour.verification_latency)

        def work(books: Books) -> str:
            known = books.row("SELECT asked, state FROM verifications WHERE hash = ?", mark)
            asked = known[0] + 1 if known else 1
            state = verdict(mark, asked, behaviour)
            if state is not None and known and known[1]:
                state = known[1]
            books.run(
                "INSERT INTO verifications VALUES (?, ?, ?) ON CONFLICT (hash) DO UPDATE SET asked = ?, state = ?",
                mark, asked, state or (known[1] if known else ""), asked, state or (known[1] if known else ""),
            )  # fmt: skip
            return state or ""

        state = await books.write(work)
        if not state:
            raise refused("not_stored", "the register cannot be asked at the moment")
        return json_answer(msgspec.convert({"state": state}, Verification))

    contract = {
        "/verifications": {
            "post": operation("Whether an identity belongs to a name", ref("Verification"), codes=(*BODY, "not_stored"), body=ref("Verify"))
        }
    }
    routes = (web.post("/verifications", verify),)
    return Room(schema=_SCHEMA, routes=routes, contract=contract, types=(Verify, Verification))


_decode: Final = msgspec.json.Decoder(Verify).decode
