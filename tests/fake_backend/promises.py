"""What the backend and the gateway have answered in one payment's life, and whether two files still hold all of it."""

import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

RANKS = {
    "order": ({"open"}, {"paid", "lapsed"}, {"collected", "returned"}),
    "shown": ({"pending", "doubt"}, {"failed", "closed"}, {"succeeded"}),
    "taken": ({"created"}, {"paying"}, {"failed", "closed"}, {"succeeded"}),
    "refund": ({"begun", "processing", "failed"}, {"succeeded"}),
}
"""states in the order in which one may follow another: what was answered never goes back"""


class Promise(msgspec.Struct, frozen=True):
    """An answer that was given, or is on its way out: whose it is, to what, and what it says."""

    side: str
    asked: str
    """method and path"""
    body: dict[str, Any]
    """of the request"""
    said: dict[str, Any]


class Books(msgspec.Struct, frozen=True):
    """As much of both files as promises speak of."""

    daybook: list[tuple[int, str, str]]
    orders: dict[str, str]
    payments: dict[str, str]
    keys: dict[str, str]
    refunds: dict[str, str]
    """in the gateway's words"""
    letters: set[tuple[str, str]]
    handled: set[str]
    """ids of the notices that the backend has handled"""
    taken: dict[str, tuple[str, str, int]]
    """the gateway's payments: transaction, state, amount"""
    given_back: dict[str, tuple[str, int]]
    """the gateway's refunds"""
    waiting: set[str]
    """ids of the notices that the gateway will send, or send again"""


def books_of(folder: Path) -> Books | None:
    """What the two files say; None where one of them is broken."""
    try:
        with closing(sqlite3.connect(folder / "backend.db")) as ours, closing(sqlite3.connect(folder / "gateway.db")) as theirs:
            for file in (ours, theirs):
                if file.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    return None
            return Books(
                ours.execute("SELECT sequence, kind, subject FROM daybook ORDER BY sequence").fetchall(),
                dict(ours.execute("SELECT id, state FROM orders")),
                dict(ours.execute("SELECT id, state FROM payments")),
                dict(ours.execute("SELECT key, id FROM payments")),
                dict(ours.execute("SELECT id, replace(state, 'done', 'succeeded') FROM refunds")),
                set(ours.execute("SELECT kind, key FROM outbox")),
                {row[0] for row in ours.execute("SELECT id FROM gateway_notices")},
                {row[0]: row[1:] for row in theirs.execute("SELECT merchant_order, transaction_id, state, amount FROM payments")},
                {row[0]: row[1:] for row in theirs.execute("SELECT refund, state, amount FROM refunds")},
                {json.loads(row[0])["id"] for row in theirs.execute("SELECT content FROM notices WHERE standing = 'waiting'")},
            )
    except sqlite3.Error:
        return None


def _reached(of: str, state: str, said: str) -> bool:
    """Whether a state is the one that was told, or one that may follow it."""
    rank = {name: place for place, names in enumerate(RANKS[of]) for name in names}
    return state in rank and (state == said or rank[state] > rank[said] or (rank[state] == rank[said] == 0))


def kept(promise: Promise, books: Books | None) -> bool:
    """Whether the books hold what the answer said."""
    if books is None:
        return False
    said, state = promise.said, promise.said.get("state", "")
    match promise.side, *promise.asked.split("/"):
        case "backend", "WIN ", order:
            return order in books.orders or ("orders.open", order) in books.letters
        case "backend", "POST ", "orders", _, "payments":
            begun = (said["sequence"], "payment_begun", said["payment"])
            return begun in books.daybook and _reached("shown", books.payments.get(said["payment"], ""), state)
        case "backend", "POST ", "gateway", "notices":
            ours = books.refunds.get(promise.body.get("refund", "-")) or books.payments.get(promise.body["merchant_order"], "")
            as_told = {"refund": "refund", "payment": "shown"}[promise.body["kind"]]
            return promise.body["id"] in books.handled and _reached(as_told, ours, promise.body["state"])
        case "backend", "GET ", "orders", order:
            return _reached("order", books.orders.get(order, ""), state)
        case "gateway", "POST " | "GET ", "payments", *_:
            transaction, now, _ = books.taken.get(said["merchant_order"], ("", "", 0))
            return transaction == said["transaction"] and _reached("taken", now, state)
        case "gateway", "POST " | "GET ", "refunds", *_:
            return _reached("refund", books.given_back.get(said["refund"], ("", 0))[0], state)
    raise AssertionError(f"nobody looks after {promise.side}'s answer to {promise.asked}")


def noting(side: str, note: Callable[[Promise], None]) -> Any:
    """A middleware that notes every answer that promises something, when nothing is left but to send it."""

    @web.middleware
    async def noted(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        answer = await handler(request)
        if answer.status in (200, 201) and request.method in ("GET", "POST"):
            assert isinstance(answer, web.Response) and isinstance(answer.body, bytes)
            body = await request.read()
            asked = f"{request.method} {request.path}"
            note(Promise(side, asked, json.loads(body) if body else {}, json.loads(answer.body)))
        return answer

    return noted
