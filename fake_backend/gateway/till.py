"""The till: what merchants can do, whatever dialect they speak, each thing in one transaction of the gateway's books."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from msgspec.structs import replace

from fake_backend.books import Bookkeeper, Books
from fake_backend.facts import Refusal, moment
from fake_backend.gateway import banks, notices, payments, refunds
from fake_backend.gateway.active import Active, concerning
from fake_backend.gateway.addresses import addressed
from fake_backend.gateway.bill import QUERY as BILL
from fake_backend.gateway.bill import Line, of_rows
from fake_backend.gateway.faults.fault import Fault
from fake_backend.gateway.notices import Content, Posting
from fake_backend.gateway.orders import GiveBack, Order
from fake_backend.gateway.payer import begun, planned
from fake_backend.gateway.payments import Payment
from fake_backend.gateway.refunds import Refund
from fake_backend.problems import Refused

T = TypeVar("T")
_AT_ONCE: Final = 200
_DAY: Final = 86400.0


class Till:
    """Payments, refunds and what is told about them; `now` is the gateway's clock, skewed as its faults want it."""

    def __init__(
        self, books: Bookkeeper, now: Callable[[], float], active: Active, hosts: Sequence[str], name: Callable[[int], str],
        tells: Callable[[Content], bool],
    ) -> None:  # fmt: skip
        """`name` names the transaction of a payment's number; `tells` says of what merchants are told."""
        self._books, self._now, self._active, self._chance, self._hosts = books, now, active, active.chance, hosts
        self._name, self._tells = name, tells
        self.wrote: Callable[[], None] = lambda: None
        """told whenever something may have to be sent"""

    async def create(self, order: Order, foreign: str = "") -> Payment:
        """The payment, new or the one of this number; or Refused."""
        if refusal := banks.unserved(order.bank, order.channel) or addressed(order.notify_url, self._hosts):
            raise Refused(refusal)
        faults = self._concerning(order.merchant_order, order.bank, order.channel)

        def work(books: Books, now: float) -> Payment | Refusal:
            existing = self._found(books, order.merchant_order, now)
            if existing is not None:
                return payments.asked_again(existing, order.fingerprint)
            ((last,),) = books.rows("SELECT coalesce(max(number), 0) FROM payments")
            payment = planned(order, last + 1, self._name(last + 1), foreign, now, self._active, faults)
            payments.store(books, payment)
            return self._settled(books, payment, now)

        return await self._write(work)

    async def payment(self, merchant_order: str) -> Payment:
        """The payment as it is now; or Refused."""

        def work(books: Books, now: float) -> Payment | Refusal:
            payment = self._found(books, merchant_order, now)
            return _unknown_payment() if payment is None or payment.shown_from > now else payment

        return await self._write(work)

    async def order_of(self, transaction: str) -> str:
        """The merchant's number of the transaction; or Refused."""
        rows = await self._books.read(payments.ORDER_OF, transaction)
        if not rows:
            raise Refused(_unknown_payment())
        return str(rows[0][0])

    async def close(self, merchant_order: str) -> Payment:
        """The payment, closed: nobody can pay it any more; or Refused."""

        def work(books: Books, now: float) -> Payment | Refusal:
            payment = self._found(books, merchant_order, now)
            if payment is None or payment.shown_from > now:
                return _unknown_payment()
            for fault in self._concerning(merchant_order, payment.bank, payment.channel) if payment.pending else ():
                if why := fault.closing(payment, now):
                    return Refusal("frequency_limited", why, "merchant_order", {"Retry-After": "5"})
            ended = payments.closed(payment)
            if isinstance(ended, Payment):
                payments.update(books, ended)
            return ended

        return await self._write(work)

    async def refund(self, wanted: GiveBack) -> Refund:
        """The refund, begun, or the one of this number; or Refused."""
        if refusal := addressed(wanted.notify_url, self._hosts):
            raise Refused(refusal)

        def work(books: Books, now: float) -> Refund | Refusal:
            payment = self._found(books, wanted.merchant_order, now)
            existing = self._refund_found(books, wanted.refund, now)
            ((promised,),) = books.rows(refunds.PROMISED, wanted.merchant_order, wanted.refund)
            refusal = refunds.refusal(payment, existing, wanted.merchant_order, wanted.amount, promised)
            if refusal is not None or payment is None:
                return refusal or _unknown_payment()
            if existing is not None and existing.state != "failed":
                return existing
            faults = self._concerning(wanted.merchant_order, payment.bank, payment.channel)
            refund = begun(books, wanted, existing, now, self._active, faults)
            refunds.store(books, refund)
            return refund

        return await self._write(work)

    async def refund_shown(self, number: str) -> Refund:
        """The refund as it is now; or Refused."""

        def work(books: Books, now: float) -> Refund | Refusal:
            return self._refund_found(books, number, now) or Refusal(
                "no_such_refund", "no refund was asked for under this number", "refund"
            )

        return await self._write(work)

    async def bill(self, day: dt.date) -> list[Line]:
        """What was paid and given back on the day, once it is over; or Refused."""
        begins = moment(dt.datetime.combine(day, dt.time()))
        if self._now() < begins + _DAY:
            raise Refused(Refusal("bill_not_ready", "the day is not over yet, by the gateway's clock", "day"))
        await self.settle(self._now())
        lines = of_rows(await self._books.read(BILL, *(begins, begins + _DAY) * 2))
        for fault in self._active.all():
            lines = fault.billed(lines, self._chance)
        return lines

    async def settle(self, now: float) -> float:
        """Do what is due by `now`, in pieces; the next moment at which something is."""
        while (due := await self._next()) <= now:
            await self._books.write(lambda books: self._settle(books, now))
            self.wrote()
        return due

    async def _next(self) -> float:
        moments = [row[0] for query in (payments.NEXT, refunds.NEXT) for row in await self._books.read(query)]
        return min((at for at in moments if at is not None), default=float("inf"))

    def _settle(self, books: Books, now: float) -> None:
        due = [payments.of_row(row) for row in books.rows(payments.DUE, now, _AT_ONCE)]
        for payment in due:
            self._settled(books, payment, now)
        back = [refunds.of_row(row) for row in books.rows(refunds.DUE, now, _AT_ONCE)]
        for refund in back:
            self._refund_settled(books, refund, now)

    def _found(self, books: Books, merchant_order: str, now: float) -> Payment | None:
        payment = payments.found(books, merchant_order)
        return None if payment is None else self._settled(books, payment, now)

    def _settled(self, books: Books, payment: Payment, now: float) -> Payment:
        """The payment as it is by `now`, written down and told if it has changed."""
        faults = self._concerning(payment.merchant_order, payment.bank, payment.channel)
        if payment.pending and payment.decides_at <= now and any(fault.held(payment) for fault in faults):
            payment = replace(payment, decides_at=now + 1.0)
            payments.update(books, payment)
        after = payments.moved(payment, now)
        if after == payment:
            return payment
        payments.update(books, after)
        if after.state in ("succeeded", "failed"):
            self._post(books, [Posting(notices.of_payment(after))], after, after, faults, after.notify_url, now)
        return after

    def _refund_found(self, books: Books, number: str, now: float) -> Refund | None:
        refund = refunds.found(books, number)
        return None if refund is None else self._refund_settled(books, refund, now)

    def _refund_settled(self, books: Books, refund: Refund, now: float) -> Refund:
        after = refunds.moved(refund, now)
        payment = payments.found(books, refund.merchant_order)
        if after == refund or payment is None:
            return refund
        refunds.store(books, after)
        faults = self._concerning(payment.merchant_order, payment.bank, payment.channel)
        self._post(books, [Posting(notices.of_refund(after, payment.transaction))], after, payment, faults, after.notify_url, now)
        return after

    def _post(
        self, books: Books, postings: list[Posting], subject: Payment | Refund, payment: Payment, faults: Sequence[Fault], url: str,
        now: float,
    ) -> None:  # fmt: skip
        for fault in faults:
            postings = fault.posted(postings, subject)
        postings = [posting for posting in postings if self._tells(posting.content)]
        notices.post(books, postings, payment.bank, payment.channel, url, now)

    def _concerning(self, order: str, bank: str, channel: str) -> list[Fault]:
        return concerning(self._active.all(), self._chance, order, bank, channel)

    async def _write(self, work: Callable[[Books, float], T | Refusal]) -> T:
        done = await self._books.write(lambda books: work(books, self._now()))
        if isinstance(done, Refusal):
            raise Refused(done)
        self.wrote()
        return done


def _unknown_payment() -> Refusal:
    return Refusal("no_such_payment", "no payment was asked for under this number", "merchant_order")
