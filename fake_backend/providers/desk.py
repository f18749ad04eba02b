"""Where messages are handed in, and where inboxes are looked into."""

import math
from typing import Annotated, Final

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer, parsed
from fake_backend.contract import BODY, TEXT, operation, parameter, ref
from fake_backend.facts import Identifier, Refusal
from fake_backend.problems import Refused, refused
from fake_backend.providers.behaviour import Temper
from fake_backend.providers.cap import Cap
from fake_backend.providers.messages import IN_APP, LEDGER, MOST, SCHEMA, SMS, Inboxed, Key, Message, Messages, Taken
from fake_backend.room import Room


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /in-app: messages that go together, under a key that stays the same when they are handed in again."""

    post: Key
    messages: Annotated[list[Message], msgspec.Meta(min_length=1, max_length=MOST)]


class Inbox(msgspec.Struct, frozen=True):
    """What GET /inbox answers."""

    person: str
    messages: list[Inboxed]


class Counter:
    """Takes what is handed in as fast as the cap on each channel allows."""

    def __init__(self, messages: Messages, temper: Temper, sms: Cap, in_app: Cap) -> None:
        self._messages, self._temper, self._sms, self._in_app = messages, temper, sms, in_app

    async def sms(self, request: web.Request) -> web.Response:
        """POST /sms"""
        message = await parsed(request, _decode_message)
        behaviour = self._temper()
        _admit(self._sms, 1, behaviour.sms_a_second * behaviour.share)
        return json_answer(await self._messages.taken(SMS, message.key, [message]), 202)

    async def in_app(self, request: web.Request) -> web.Response:
        """POST /in-app"""
        post = await parsed(request, _decode_post)
        behaviour = self._temper()
        _admit(self._in_app, len(post.messages), behaviour.in_app_a_second * behaviour.share)
        return json_answer(await self._messages.taken(IN_APP, post.post, post.messages), 202)

    async def inbox(self, request: web.Request) -> web.Response:
        """GET /inbox"""
        try:
            person = msgspec.convert(request.query.get("person"), Identifier)
        except msgspec.ValidationError as problem:
            raise refused("bad_field", str(problem), "person") from None
        return json_answer(Inbox(person, await self._messages.inbox(person)))


def _admit(cap: Cap, count: int, rate: float) -> None:
    wait = cap.wait(count, rate)
    if wait > 0:
        after = {"Retry-After": str(math.ceil(wait))}
        raise Refused(Refusal("overloaded", f"{rate:g} messages a second are taken", None, after))


def room(messages: Messages, temper: Temper, sms: Cap, in_app: Cap) -> Room:
    """POST /sms, POST /in-app, GET /inbox, and the log of what arrived."""
    counter = Counter(messages, temper, sms, in_app)
    return Room(
        schema=SCHEMA,
        routes=(web.post("/sms", counter.sms), web.post("/in-app", counter.in_app), web.get("/inbox", counter.inbox)),
        duties=(messages.duty,),
        ledgers={"notices": LEDGER},
        under_way=messages.waiting,
        contract=_CONTRACT,
        types=(Message, Post, Taken, Inbox, Inboxed),
    )


_decode_message: Final = msgspec.json.Decoder(Message).decode
_decode_post: Final = msgspec.json.Decoder(Post).decode
_TAKES: Final = (*BODY, "overloaded", "not_stored")
_CONTRACT: Final = {
    "/sms": {"post": operation("Send an SMS; told apart by its key", ref("Taken"), 202, _TAKES, body=ref("Message"))},
    "/in-app": {"post": operation("Send messages into the app; told apart by the post's key", ref("Taken"), 202, _TAKES, body=ref("Post"))},
    "/inbox": {
        "get": operation(
            "What has arrived for a person", ref("Inbox"), codes=("bad_field",), parameters=(parameter("person", "query", TEXT),)
        )
    },
}
