"""Errands to the gateway: a payment to be begun, one to be closed, money to be given back.

The same errand is run until the gateway has said what came of it.  Where an earlier try got no answer the gateway is asked before anything
is asked of it again; nothing is ever guessed.
"""

import random
from typing import Final, Generic, TypeVar

import msgspec
from msgspec.structs import replace

from fake_backend import pages
from fake_backend.books import Books
from fake_backend.facts import LATEST, Event, Letter
from fake_backend.merchant import Absent, Denied, Merchant, RefundReply, Reply, Said, SaidOfRefund, Unknown
from fake_backend.outages import Outages
from fake_backend.outbox import Again
from fake_backend.retry_budget import RetryBudget
from fake_backend.room import Site
from fake_backend.sale import UNDER_WAY, Order, Payment, Truth
from fake_backend.till import Till

_GAPS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""wall seconds before the next try: what machines need is wall time"""
_PAYING: Final = 5.0
"""seconds of the server's clock before a payer who is just confirming is looked at again"""


def doubt(books: Books, payment: Payment, why: str) -> None:
    """Nobody knows what becomes of a payment that is under way."""
    if payment.state == "pending":
        pages.keep_payment(books, replace(payment, state="doubt", doubted=1))
        books.note(
            Event("payment_doubted", payment.payment, payment.person, amount=payment.amount, detail={"order": payment.order, "why": why})
        )


def learn(books: Books, till: Till, name: str, truth: Truth, by: str) -> None:
    """Let what the gateway says have its effect; what cannot be believed leaves the payment in doubt."""
    payment = pages.payment(books, name)
    if payment is None:
        return
    if payment.state == "doubt" and truth.amount == payment.amount:
        pages.keep_payment(books, replace(payment, state="pending"))
    refusal = till.settle(books, name, truth, by)
    if refusal is not None:
        doubt(books, payment, refusal.code)


class Held(msgspec.Struct, frozen=True):
    """It was not tried, as too much is tried again at the moment."""


class GivenUp(msgspec.Struct, frozen=True):
    """The gateway could not be given it in time, and nobody waits for it any more."""


R = TypeVar("R")


class _Errand(Generic[R]):
    def __init__(self, site: Site, merchant: Merchant, till: Till, outages: Outages, budget: RetryBudget) -> None:
        self._site, self._merchant, self._till, self._outages, self._budget = site, merchant, till, outages, budget

    async def carry(self, letter: Letter) -> R | Held:
        """Run the errand, unless it was run before and too many are."""
        if letter.tries and not self._budget.takes():
            return Held()
        reply = await self._run(letter)
        self._budget.called(not isinstance(reply, Unknown), bool(letter.tries))
        return reply

    async def _run(self, letter: Letter) -> R:
        raise NotImplementedError

    def _held(self, books: Books) -> Again:
        """The errand's next time; not all of them at the same."""
        return Again(max(self._site.clock.in_wall(_GAPS[-1] * (1.0 + random.random())), books.at))

    def _later(self, books: Books, letter: Letter, least: float = 0.0) -> Again:
        return Again(max(self._site.clock.in_wall(_GAPS[min(letter.tries, len(_GAPS) - 1)]), books.at + least))

    def _heard(self, books: Books, reply: Reply | RefundReply) -> None:
        if isinstance(reply, Unknown) and reply.away:
            self._outages.away(books)
        else:
            self._outages.back(books)

    def _told(self, books: Books, letter: Letter, answer: Reply | None) -> Payment | None:
        """The letter's payment after what the gateway says of it; None where nobody was asked."""
        name = str(letter.body["payment"])
        if answer is None or pages.payment(books, name) is None:
            return None
        self._heard(books, answer)
        if isinstance(answer, Said):
            learn(books, self._till, name, self._believed(answer.truth), "asked")
        return pages.payment(books, name)

    def _believed(self, truth: Truth) -> Truth:
        """What is made of an answer."""
        return truth

    async def _under_way(self, letter: Letter) -> tuple[Payment, Order] | None:
        payment = await pages.payment_now(self._site.books, str(letter.body["payment"]))
        order = await pages.order_now(self._site.books, payment.order) if payment else None
        return (payment, order) if payment and order and payment.state in UNDER_WAY else None


class Paying(_Errand[Reply | GivenUp | None]):
    """`gateway.pay`: has the gateway begin a payment."""

    async def _run(self, letter: Letter) -> Reply | GivenUp | None:
        found = await self._under_way(letter)
        if found is None:
            return None
        payment, order = found
        settings = self._site.settings
        if letter.tries and settings.begin_within is not None and self._site.clock.now() > payment.begun + settings.begin_within:
            return GivenUp()
        if (letter.tries or payment.doubted) and settings.ask_gateway:
            reply = await self._merchant.query(payment.payment)
            if not isinstance(reply, Absent):
                return reply
        if order.state != "open" or order.lapse_at == LATEST:
            return None  # it is being closed, and whoever does so finds out what became of it
        reply = await self._merchant.create(letter.body)
        if isinstance(reply, Denied):
            asked = await self._merchant.query(payment.payment)
            return reply if isinstance(asked, Absent) else asked
        return reply

    def settle(self, books: Books, letter: Letter, answer: Reply | GivenUp | Held | None) -> Again | None:
        if isinstance(answer, Held):
            return self._held(books)
        if isinstance(answer, GivenUp):
            books.send(Letter("gateway.close", str(letter.body["payment"]), {"payment": letter.body["payment"]}))
            return None
        payment = self._told(books, letter, answer)
        if isinstance(answer, Denied) and payment is not None:
            learn(books, self._till, payment.payment, Truth("failed", payment.amount, books.at), "asked")
        elif isinstance(answer, (Absent, Unknown)) and payment is not None:
            doubt(books, payment, answer.why if isinstance(answer, Unknown) else "unknown to the gateway")
            return self._later(books, letter)
        return None

    def _believed(self, truth: Truth) -> Truth:
        """Whoever waits for notices only learns from an answer that the gateway has the payment."""
        return truth if self._site.settings.ask_gateway else replace(truth, state="created")


class Closing(_Errand[Reply | None]):
    """`gateway.close`: has the gateway close a payment whose time is over, unless the payer was faster."""

    async def _run(self, letter: Letter) -> Reply | None:
        found = await self._under_way(letter)
        if found is None:
            return None
        payment, _ = found
        reply = await self._merchant.query(payment.payment)
        if isinstance(reply, Said) and reply.truth.state in ("created", "paying"):
            reply = await self._merchant.close(payment.payment)
            if isinstance(reply, Denied):
                reply = await self._merchant.query(payment.payment)
        return reply

    def settle(self, books: Books, letter: Letter, answer: Reply | Held | None) -> Again | None:
        if isinstance(answer, Held):
            return self._held(books)
        payment = self._told(books, letter, answer)
        if payment is None:
            return None
        if isinstance(answer, Absent):
            learn(books, self._till, payment.payment, Truth("closed", payment.amount, books.at), "asked")
        after = pages.payment(books, payment.payment)
        return self._later(books, letter, _PAYING) if after is not None and after.state in UNDER_WAY else None


class Refunding(_Errand[RefundReply | None]):
    """`gateway.refund`: has the gateway give money back."""

    async def _run(self, letter: Letter) -> RefundReply | None:
        refund = await pages.refund_now(self._site.books, str(letter.body["refund"]))
        if refund is not None and refund.state != "begun":
            return None
        reply = await self._merchant.refund(letter.body)
        if isinstance(reply, Denied):
            return await self._merchant.query_refund(str(letter.body["refund"]), int(letter.body["amount"] or 0))
        return reply

    def settle(self, books: Books, letter: Letter, answer: RefundReply | Held | None) -> Again | None:
        if isinstance(answer, Held):
            return self._held(books)
        name, amount = str(letter.body["refund"]), int(letter.body["amount"] or 0)
        if answer is None:
            return None
        self._heard(books, answer)
        if isinstance(answer, Unknown):
            return self._later(books, letter)
        state = answer.state if isinstance(answer, SaidOfRefund) else "failed"
        at = answer.at if isinstance(answer, SaidOfRefund) else books.at
        self._till.refunded(books, name, state, answer.amount if isinstance(answer, SaidOfRefund) else amount, at)
        return None
