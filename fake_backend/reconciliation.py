"""Reconciliation: the gateway is asked what became of whatever has been under way for too long, at growing distance, until it says."""

import asyncio
from typing import Final

from msgspec.structs import replace

from fake_backend import pages
from fake_backend.bill import SCHEMA as BILLS
from fake_backend.bill import Bills
from fake_backend.books import Books
from fake_backend.duties import Duty
from fake_backend.errands import doubt, learn
from fake_backend.facts import LATEST
from fake_backend.merchant import Merchant, RefundReply, Reply, Said, SaidOfRefund, Unknown
from fake_backend.outages import SCHEMA, Outages, away_since
from fake_backend.retry_budget import RetryBudget
from fake_backend.room import Room, Site
from fake_backend.sale import Payment, Refund
from fake_backend.till import FollowUps, Till

_GAPS: Final = (1, 2, 4, 8, 20, 40)
"""how many times `doubt_after` passes between one asking and the next: 15 s, 30 s, 1 min, 2 min, 5 min, and from then on 10 min"""
_LEFT_BY_OUTAGE: Final = 4
"""askings in vain after which the shop is told of the order"""
_AT_ONCE: Final = 32
_LOOK: Final = 1.0
_ANY: Final = "o0.1"
"""no payment's name: that the gateway does not know it is an answer too"""
_PAYMENTS: Final = "SELECT id, ask_at, asked FROM payments WHERE state IN ('pending', 'doubt') ORDER BY ask_at LIMIT ?"
_REFUNDS: Final = "SELECT id, ask_at FROM refunds WHERE state = 'processing' ORDER BY ask_at LIMIT ?"


def ask_after(asked: int, doubt_after: float) -> float:
    """Seconds until the gateway is asked again, which was asked so often before."""
    return doubt_after * _GAPS[min(asked, len(_GAPS) - 1)]


class Asking:
    """Asks the gateway about payments and refunds that have not come out."""

    def __init__(
        self, site: Site, merchant: Merchant, till: Till, outages: Outages, budget: RetryBudget, follow_ups: FollowUps
    ) -> None:  # fmt: skip
        self._site, self._merchant, self._till, self._outages, self._follow_ups = site, merchant, till, outages, follow_ups
        self._budget = budget

    async def ask(self, now: float) -> float:
        """The duty: ask about everything whose moment has come; refunds too, as they come out late or never say so."""
        books = self._site.books
        payments = await books.read(_PAYMENTS, _AT_ONCE)
        refunds = await books.read(_REFUNDS, _AT_ONCE)
        due = [self._payment(name, asked) for name, at, asked in payments if at <= now and (not asked or self._budget.takes())]
        due += [self._refund(name) for name, at in refunds if at <= now]
        if due:
            await asyncio.gather(*due)
            return now
        soon = now + _LOOK * self._site.clock.speed
        return min(min((row[1] for row in (*payments, *refunds) if row[1] > now), default=LATEST), soon)

    async def look_for(self, now: float) -> float:
        """The duty: see whether a gateway that was away is back, though nobody has anything to ask of it: its outage would never end,
        and no order would lapse."""
        books, settings = self._site.books, self._site.settings
        since = await away_since(books)
        if since is None or now < since + settings.doubt_after:  # whoever found it away may be about to try again
            return now + _LOOK * self._site.clock.speed
        known = await books.read("SELECT id FROM payments ORDER BY sequence DESC LIMIT 1")
        reply = await self._merchant.query(known[0][0] if known else _ANY)
        if not (isinstance(reply, Unknown) and reply.away):
            await books.write(self._outages.back)
        return now + max(settings.doubt_after, _LOOK * self._site.clock.speed)

    async def _payment(self, name: str, asked: int) -> None:
        reply = await self._merchant.query(name)
        self._budget.called(not isinstance(reply, Unknown), bool(asked))
        await self._site.books.write(lambda books: self._of_payment(books, name, reply))

    def _of_payment(self, books: Books, name: str, reply: Reply) -> None:
        payment = pages.payment(books, name)
        if payment is None:
            return
        payment = replace(payment, asked=payment.asked + 1, ask_at=books.at + ask_after(payment.asked + 1, self._site.settings.doubt_after))
        pages.keep_payment(books, payment)
        if isinstance(reply, Unknown):
            self._in_vain(books, payment, reply)
            return
        self._outages.back(books)
        if isinstance(reply, Said):
            learn(books, self._till, name, reply.truth, "asked")
        # else the gateway does not know it yet: the letter that begins it there is on its way

    def _in_vain(self, books: Books, payment: Payment, reply: Unknown) -> None:
        if reply.away:
            self._outages.away(books)
        doubt(books, payment, reply.why)
        order = pages.order(books, payment.order)
        if order is not None and order.state == "open" and payment.asked >= _LEFT_BY_OUTAGE:
            self._follow_ups.open(books, order, "the gateway is away")

    async def _refund(self, name: str) -> None:
        refund = await pages.refund_now(self._site.books, name)
        if refund is not None:
            reply = await self._merchant.query_refund(name, refund.amount)
            await self._site.books.write(lambda books: self._of_refund(books, refund, reply))

    def _of_refund(self, books: Books, refund: Refund, reply: RefundReply) -> None:
        found = pages.refund(books, refund.refund)
        if found is None or found.state != "processing":
            return
        ask_at = books.at + ask_after(found.asked + 1, self._site.settings.doubt_after)
        pages.keep_refund(books, replace(found, asked=found.asked + 1, ask_at=ask_at))
        if isinstance(reply, SaidOfRefund):
            self._till.refunded(books, refund.refund, reply.state, reply.amount, reply.at)


def room(site: Site, asking: Asking, bills: Bills) -> Room:
    """What the backend finds out by itself, where there is a gateway; it asks only if its settings let it."""
    asked = (Duty("ask_gateway", asking.ask),) if site.settings.ask_gateway else ()
    duties = (Duty("bill", bills.compare), Duty("look_for_gateway", asking.look_for), *asked)
    return Room(schema=(*SCHEMA, *BILLS), duties=duties if site.links.gateway else ())
