"""The till: whatever happens to an order and its money, done in the transaction it is given.

A truth about a payment may come by a notice, by asking or by the day's bill, early, late, twice and in any order: all of them end in
`settle`, where `sale.judge` says what follows, and what follows is written with it.
"""

import logging
from collections.abc import Callable
from typing import Final, Protocol

from msgspec.structs import replace

from fake_backend import pages
from fake_backend.books import Books
from fake_backend.facts import LATEST, Event, Letter, Refusal, Round
from fake_backend.items import item_of
from fake_backend.sale import (
    MOVES,
    UNDER_WAY,
    Detail,
    Judgement,
    Order,
    OrderState,
    Payment,
    Refund,
    RefundState,
    Truth,
    judge,
    refund_moves,
)
from fake_backend.settings import Settings

log = logging.getLogger(__name__)

REFUND_AGAIN: Final = 300.0
"""seconds before a refund that failed is tried again"""
AT_LEAST: Final = 60.0
"""seconds that somebody has to try again whose payment was in doubt when their time was over"""


class Stock(Protocol):
    """The bottles, as orders move them: free ▸ held ▸ sold, or back."""

    def hold(self, books: Books, round_: str, shop: str, order: str) -> bool:
        """False where none is free."""

    def free(self, books: Books, round_: str, shop: str, order: str) -> bool: ...
    def sell(self, books: Books, round_: str, shop: str, order: str) -> bool: ...


class FollowUps(Protocol):
    """The shops' work lists."""

    def open(self, books: Books, order: Order, why: str) -> None: ...
    def done(self, books: Books, order: Order, outcome: str) -> None: ...


class Till:
    """Opens, settles, lapses and refunds.  `lies` says whether a planted defect strikes."""

    def __init__(
        self, stock: Stock, follow_ups: FollowUps, round_of: Callable[[str], Round | None], settings: Settings,
        lies: Callable[[str], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        self._stock, self._follow_ups, self._round_of, self._settings, self.lies = stock, follow_ups, round_of, settings, lies

    def open(self, books: Books, letter: Letter) -> None:
        """Receive `orders.open`: {reservation, person, round, shop, item?, place, passed?}; the second time nothing."""
        body = letter.body
        name, place = f"o{body['reservation']}", int(body.get("place") or 0)
        round_ = self._round_of(str(body["round"])) or pages.round_on_record(books, str(body["round"]))
        if pages.order(books, name) is not None or round_ is None:
            return
        item = str(body.get("item") or round_.item)
        pay_by = round_.on(self._settings.pay_by)
        if place or pay_by <= books.at:
            pay_by = books.at + self._settings.pay_again_within
        order = Order(
            name, int(body["reservation"] or 0), str(body["person"]), round_.round, str(body["shop"]), item, item_of(item).price, place,
            int(body.get("passed") or (1 if place else 0)), "open", books.at, pay_by, pay_by,
        )  # fmt: skip
        if not self._stock.hold(books, order.round, order.shop, name):
            log.warning("no bottle is free for order %s", name)
            return
        pages.keep_order(books, order)
        _note(books, "order_opened", order, reservation=order.reservation, item=item, pay_by=pay_by, place=place)

    def settle(self, books: Books, name: str, truth: Truth, by: str) -> Refusal | None:
        """Let the truth about a payment have its effect, once; a refusal where it cannot be believed."""
        payment = pages.payment(books, name)
        order = pages.order(books, payment.order) if payment else None
        if payment is None or order is None:
            return Refusal("unknown_order", "no payment has this number", "merchant_order")
        if truth.amount != payment.amount and self.lies("trust_amount"):
            payment = replace(payment, amount=truth.amount)
            order = replace(order, price=truth.amount)
        judged = judge(payment, order, truth)
        if isinstance(judged, Refusal):
            return judged
        if truth.transaction and not payment.transaction:
            payment = replace(payment, transaction=truth.transaction)
            pages.keep_payment(books, payment)
        if judged.state is not None:
            self._settled(books, payment, order, judged, truth, by)
        return None

    def _settled(self, books: Books, payment: Payment, order: Order, judged: Judgement, truth: Truth, by: str) -> None:
        payment = replace(payment, state=judged.state, settled_at=truth.at)
        pages.keep_payment(books, payment)
        detail: Detail = {"order": order.order, "by": by, "gateway_at": truth.at, "transaction": truth.transaction}
        books.note(Event(f"payment_{judged.state}", payment.payment, order.person, order.round, order.shop, payment.amount, detail))
        if judged.pays:
            self._paid(books, order, payment)
        elif judged.refund:
            self.refund(books, payment, judged.refund)
        elif order.state == "open":
            if payment.doubted:
                self._follow_ups.open(books, order, "the gateway was away")
            if order.lapse_at == LATEST:  # its time was over, and the end of this payment was waited for
                self._over(books, order, payment)

    def _over(self, books: Books, order: Order, payment: Payment) -> None:
        """The last payment came to nothing: if nobody could say so in time the person may try once more, for as long as that took."""
        if payment.doubted:
            self.extend(books, order, books.at + max(books.at - payment.begun, AT_LEAST), "the payment was in doubt")
        else:
            self.expire(books, replace(order, lapse_at=order.pay_by))

    def _paid(self, books: Books, order: Order, payment: Payment) -> None:
        order = replace(order, state="paid", paid_by=payment.payment)
        pages.keep_order(books, order)
        _note(books, "order_paid", order, payment=payment.payment)
        self._stock.sell(books, order.round, order.shop, order.order)
        body: Detail = {"order": order.order, "person": order.person, "round": order.round, "shop": order.shop, "item": order.item}
        books.send(Letter("pickups.prepare", order.order, {**body, "reservation": order.reservation, "price": order.price}))
        _tell(books, "paid", order)
        self._follow_ups.done(books, order, "paid")
        for other in pages.payments_of(books, order.order):
            if other.state in UNDER_WAY:
                books.send(Letter("gateway.close", other.payment, {"payment": other.payment}))

    def expire(self, books: Books, order: Order) -> None:
        """Its time is over, and nothing stands in the way: the bottle goes on to the next, or back."""
        order = replace(order, state="lapsed")
        pages.keep_order(books, order)
        _note(books, "order_lapsed", order, why="not paid in time")
        self._stock.free(books, order.round, order.shop, order.order)
        if order.passed < self._settings.passes:
            body: Detail = {"order": order.order, "round": order.round, "shop": order.shop, "reservation": order.reservation}
            books.send(Letter("draw.pass_on", order.order, {**body, "passed": order.passed + 1}))
        _tell(books, "lapsed", order)
        if any(payment.doubted for payment in pages.payments_of(books, order.order)):
            self._follow_ups.open(books, order, "lapsed")

    def extend(self, books: Books, order: Order, until: float, why: str) -> None:
        """Give an open order more time."""
        order = replace(order, pay_by=until, lapse_at=until)
        pages.keep_order(books, order)
        _note(books, "order_extended", order, pay_by=until, why=why)

    def move(self, books: Books, order: str, to: OrderState) -> Order | None:
        """Take an order to a state that may follow its own, as it is handed out or comes back; None where it may not go there."""
        found = pages.order(books, order)
        if found is None or to not in MOVES[found.state]:
            return None
        found = replace(found, state=to)
        pages.keep_order(books, found)
        return found

    def give_back(self, books: Books, letter: Letter) -> None:
        """Receive `refunds.begin`: {order, why}; the money that paid the order goes back."""
        order = pages.order(books, str(letter.body["order"]))
        payment = pages.payment(books, order.paid_by) if order else None
        if payment is not None:
            self.refund(books, payment, str(letter.body["why"]))

    def refund(self, books: Books, payment: Payment, why: str) -> None:
        """Give the payment's money back; the second time nothing."""
        name = f"{payment.payment}.r"
        if pages.refund(books, name) is not None:
            return
        refund = Refund(name, payment.payment, payment.order, payment.amount, "begun", books.at, why)
        pages.keep_refund(books, replace(refund, ask_at=LATEST))
        self._note_refund(books, "refund_begun", refund)
        _ask_for(books, refund, books.at)
        if self.lies("refund_twice"):
            _ask_for(books, replace(refund, refund=f"{name}2"), books.at)

    def refunded(self, books: Books, name: str, to: RefundState, amount: int, at: float) -> Refusal | None:
        """Let what the gateway says of a refund have its effect, once; a refusal where it cannot be believed.  `at` is its moment."""
        refund = pages.refund(books, name)
        if refund is None:
            return Refusal("unknown_order", "no refund has this number", "refund")
        moves = refund_moves(refund, to, amount)
        if isinstance(moves, Refusal):
            return moves
        if not moves:
            return None
        ask_at = books.at + self._settings.doubt_after if to == "processing" else LATEST
        refund = replace(refund, state=to, asked=0, ask_at=ask_at, settled_at=at)
        pages.keep_refund(books, refund)
        if to == "done":
            self._note_refund(books, "refund_done", refund)
            order = pages.order(books, refund.order)
            if order is not None:
                _tell(books, "refunded", order, refund.refund)
        if to == "failed":
            self._note_refund(books, "refund_failed", refund)
            self._again(books, refund)
        return None

    def _again(self, books: Books, refund: Refund) -> None:
        """A refund that failed is tried again, a little later each time, until the money is back."""
        refund = replace(refund, state="begun", tries=refund.tries + 1, ask_at=LATEST)
        pages.keep_refund(books, refund)
        self._note_refund(books, "refund_begun", refund)
        _ask_for(books, refund, books.at + REFUND_AGAIN * min(refund.tries - 1, 12))

    def _note_refund(self, books: Books, kind: str, refund: Refund) -> None:
        order = pages.order(books, refund.order)
        person, round_, shop = (order.person, order.round, order.shop) if order else ("", "", "")
        detail: Detail = {"payment": refund.payment, "order": refund.order, "why": refund.why, "try": refund.tries}
        books.note(Event(kind, refund.refund, person, round_, shop, refund.amount, detail))


def _note(books: Books, kind: str, order: Order, **detail: str | float) -> None:
    books.note(Event(kind, order.order, order.person, order.round, order.shop, order.price, detail))


def _tell(books: Books, what: str, order: Order, about: str = "") -> None:
    about = about or order.order
    body: Detail = {"what": what, "person": order.person, "order": order.order, "round": order.round, "shop": order.shop}
    books.send(Letter("notices.tell", f"{what}:{about}:{order.person}", body))


def _ask_for(books: Books, refund: Refund, due: float) -> None:
    """Have the gateway asked for the refund; each try has a key of its own, as a gateway keeps the answer to a key."""
    body: Detail = {"refund": refund.refund, "payment": refund.payment, "amount": refund.amount, "key": f"{refund.refund}:{refund.tries}"}
    books.send(Letter("gateway.refund", str(body["key"]), body, due=due))
