"""Follow-ups: the orders that an outage left unpaid, as a work list for each shop, worked off by people."""

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from aiohttp import web
from msgspec.structs import replace

from fake_backend import pages
from fake_backend.answers import json_answer, parsed
from fake_backend.books import Books
from fake_backend.contract import BODY, TEXT, operation, parameter, ref
from fake_backend.facts import Event, Refusal, written
from fake_backend.problems import Refused, refused
from fake_backend.room import Room, Site
from fake_backend.sale import Order
from fake_backend.till import Till

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS follow_ups (
  order_id TEXT PRIMARY KEY, shop TEXT NOT NULL, since DOUBLE PRECISION NOT NULL, why TEXT NOT NULL, state TEXT NOT NULL,
  outcome TEXT NOT NULL, key TEXT NOT NULL, tries INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS follow_ups_by_shop ON follow_ups (shop, state)",
)
_KEY: Final = re.compile(r"[!-~]{1,64}")
_MOST: Final = 500
Outcome = Literal["reached", "not_reached", "gave_up"]


class Worked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /follow_ups/{order}: what came of calling the person."""

    outcome: Outcome


class FollowUpShown(msgspec.Struct, frozen=True):
    """A line of a shop's work list; `state` is that of the order."""

    order: str
    since: str
    state: str


class FollowUpsShown(msgspec.Struct, frozen=True):
    """What GET /shops/{shop}/follow_ups answers: the lines that are not done, the oldest first."""

    follow_ups: list[FollowUpShown]


class FollowUpDone(msgspec.Struct, frozen=True):
    """What was noted of a follow-up; `pay_by` where the person may still pay."""

    order: str
    outcome: str
    done: bool
    pay_by: str | None


class WorkList:
    """Opens follow-ups and closes them, in the transaction of what made them necessary or needless."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def open(self, books: Books, order: Order, why: str) -> None:
        """Put the order on its shop's list, unless it is or was there."""
        if books.row("SELECT 1 FROM follow_ups WHERE order_id = ?", order.order) is None:
            books.run("INSERT INTO follow_ups VALUES (?, ?, ?, ?, 'open', '', '', 0)", order.order, order.shop, books.at, why)
            books.note(Event("follow_up_opened", order.order, order.person, order.round, order.shop, detail={"why": why}))

    def done(self, books: Books, order: Order, outcome: str, key: str = "") -> None:
        """Take the order off the list."""
        if books.row("SELECT 1 FROM follow_ups WHERE order_id = ? AND state = 'open'", order.order) is not None:
            sql = "UPDATE follow_ups SET state = 'done', outcome = ?, key = ?, tries = tries + 1 WHERE order_id = ?"
            books.run(sql, outcome, key, order.order)
            books.note(Event("follow_up_done", order.order, order.person, order.round, order.shop, detail={"outcome": outcome}))

    async def of(self, orders: Sequence[str]) -> dict[str, str]:
        """Those of the orders that are or were on a list: `open`, or what came of it in the end."""
        if not orders:
            return {}
        sql = f"SELECT order_id, state, outcome FROM follow_ups WHERE order_id IN ({', '.join('?' * len(orders))})"
        return {order: outcome if state == "done" else state for order, state, outcome in await self._site.books.read(sql, *orders)}


class Clerks:
    """Where the shops' people see their lists and say what came of them."""

    def __init__(self, site: Site, till: Till, work_list: WorkList) -> None:
        self._site, self._till, self._list = site, till, work_list

    async def show(self, request: web.Request) -> web.Response:
        """GET /shops/{shop}/follow_ups"""
        sql = """SELECT f.order_id, f.since, o.state FROM follow_ups f JOIN orders o ON o.id = f.order_id
  WHERE f.shop = ? AND f.state = 'open' ORDER BY f.since, f.order_id LIMIT ?"""
        rows = await self._site.books.read(sql, request.match_info["shop"], _MOST)
        return json_answer(FollowUpsShown([FollowUpShown(order, written(since), state) for order, since, state in rows]))

    async def work(self, request: web.Request) -> web.Response:
        """POST /follow_ups/{order}"""
        command, key = await parsed(request, _decode), _key(request)
        name = request.match_info["order"]
        done = await self._site.books.write(lambda books: self._work(books, name, command.outcome, key))
        if isinstance(done, Refusal):
            raise Refused(done)
        return json_answer(done, 201)

    def _work(self, books: Books, name: str, outcome: Outcome, key: str) -> FollowUpDone | Refusal:
        row = books.row("SELECT state, outcome, key FROM follow_ups WHERE order_id = ?", name)
        order = pages.order(books, name)
        if row is None or order is None:
            return Refusal("no_such_follow_up", "the order is on no shop's list", "order")
        state, before, earlier = row
        if earlier == key:
            if before != outcome:
                return Refusal("key_reused", "the key belongs to another outcome", "Idempotency-Key")
            return _shown(order, outcome, state == "done", books.at)
        if state == "done":
            return Refusal("follow_up_done", f"with the outcome {before}", "order")
        if outcome == "not_reached":  # somebody calls again
            books.run("UPDATE follow_ups SET outcome = ?, key = ?, tries = tries + 1 WHERE order_id = ?", outcome, key, name)
            return _shown(order, outcome, False, books.at)
        self._list.done(books, order, outcome, key)
        until = books.at + self._site.settings.pay_again_within
        if outcome == "reached" and _in_time(order, books.at) and until > order.pay_by:
            self._till.extend(books, order, until, "reached by the shop")
            order = replace(order, pay_by=until)
        return _shown(order, outcome, True, books.at)


def _in_time(order: Order, now: float) -> bool:
    # an order whose time is over stays open while the gateway has not said what became of its payment
    return order.state == "open" and now < order.pay_by


def _shown(order: Order, outcome: str, done: bool, now: float) -> FollowUpDone:
    return FollowUpDone(order.order, outcome, done, written(order.pay_by) if _in_time(order, now) else None)


_decode = msgspec.json.Decoder(Worked).decode


def _key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise refused("key_missing", "a key of its own, kept when it is tried again", "Idempotency-Key")
    if not _KEY.fullmatch(key):
        raise refused("key_malformed", "expected 1 to 64 visible ASCII characters", "Idempotency-Key")
    return key


_WORK: Final = (*BODY, "key_missing", "key_malformed", "key_reused", "no_such_follow_up", "follow_up_done", "not_stored")
CONTRACT: Final = {
    "/shops/{shop}/follow_ups": {
        "get": operation("A shop's work list", ref("FollowUpsShown"), parameters=(parameter("shop", "path", TEXT),))
    },
    "/follow_ups/{order}": {
        "post": operation(
            "Say what came of calling the person; who was reached gets more time to pay", ref("FollowUpDone"), 201, _WORK,
            (parameter("order", "path", TEXT), parameter("Idempotency-Key", "header", {"type": "string", "pattern": "^[!-~]{1,64}$"})),
            ref("Worked"),
        )
    },
}  # fmt: skip


def room(site: Site, till: Till, work_list: WorkList) -> Room:
    """The shops' work lists."""
    clerks = Clerks(site, till, work_list)
    return Room(
        schema=SCHEMA,
        routes=(web.get("/shops/{shop}/follow_ups", clerks.show), web.post("/follow_ups/{order}", clerks.work)),
        contract=CONTRACT,
        types=(Worked, FollowUpShown, FollowUpsShown, FollowUpDone),
    )
