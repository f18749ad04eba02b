import datetime as dt
import math
from statistics import NormalDist
from typing import Any

from rushproof.driver import Crowd, Duration, Outcome, Person, Promise, Settings, Share, Step, Target

AGAIN = frozenset({Outcome.SHED, Outcome.ERROR, Outcome.DOUBT})
"""after these a person tries the same thing again, until patience ends"""
BANKS = ("riverside", "harbour", "highland", "capital", "meadow")
FIVE_TO_95 = 3.29
"""standard deviations between a normal's 5th and 95th percentile"""


class Ways(Settings, frozen=True):
    """What the winners are like; a scenario may say otherwise under `settings`.  All of them are assumptions unless a source is named."""

    looks: int = 8
    """how often at most they look for results that are not there yet"""
    look_gap: Duration = Duration(30)
    hopes: int = 1
    """up to which place of the waiting list somebody comes back to see whether a bottle passed on"""
    back_after: Duration = Duration(87_000)
    """when they do, from when they looked first: a little after the winners' time to pay is over"""
    at_once: Share = Share(0.6)
    """who pays as soon as they know (of those an outage kept from paying 81.5 % did so the same evening)"""
    decide: Duration = Duration(120)
    """mean time that takes"""
    postponing: float = 0.7
    """how strongly the others put it off: they pay with hazard `postponing` / (T − t), T being the deadline (Alfi et al., 2007)"""
    never_pay: Share = Share(0.05)
    tries: int = 40
    """payments that one person begins at most ("dozens of times", May 2022)"""
    gap_least: Duration = Duration(2)
    gap_most: Duration = Duration(30)
    """nine in ten gaps between two tries are between these, log-normal; nobody backs off"""
    gives_up_least: Share = Share(0.05)
    gives_up_most: Share = Share(0.15)
    """chance to give up after each failure, a person's own between the two"""
    polls: int = 60
    poll_gap: Duration = Duration(5)
    """how often and how long apart a person looks what became of a payment; the gap grows to a minute"""
    told: str = ""
    """when those are told whom an incident kept from paying, such as `21:00`: who gave up and hears of it may come back, once"""
    comes_back: Share = Share(0.5)
    comes_after: Duration = Duration(600)
    """mean time from one look for the message to the next, and from the message to another try"""
    looks_again: int = 4
    """how often somebody who is not told yet looks once more"""
    called: str = ""
    """when those come the next day whom their shop has reached by then, such as `17:00`"""
    comes_when_called: Share = Share(0.8)
    fetch_after: Duration = Duration(172_800)
    """mean time from paying to the shop"""
    never_fetch: Share = Share(0.03)
    banks: tuple[str, ...] = BANKS
    channels: tuple[str, ...] = ("app", "scan")


class Winner(Crowd):
    """Comes when results are out, pays what they won before the deadline, and carries the bottle home; who did not win goes away again."""

    Settings = Ways
    steps = {
        "results": Step(again=AGAIN),
        "orders": Step(again=AGAIN),
        "pay": Step(promises=Promise("payment"), again=AGAIN),
        "pay_again": Step(promises=Promise("payment"), again=AGAIN),
        "outcome": Step(again=AGAIN),
        "code": Step(again=AGAIN),
        "collect": Step(promises=Promise("pickup"), again=AGAIN),
    }

    async def visit(self, person: Person, target: Target) -> None:
        results = await self.results(person, target)
        won = [result for result in results if result["state"] == "won"]
        if not won:
            near = [each for each in results if each["state"] == "listed" and (each["place"] or 0) <= self.settings.hopes]
            if not near:
                return
            await target.wait(self.settings.back_after)
        paid = []
        for nth, order in enumerate(await self.orders(person, target)):
            if order["state"] == "paid" or (order["state"] == "open" and await self.pay(person, target, order, nth, hurried=not won)):
                paid.append(order)
        for nth, order in enumerate(paid):
            if person.uniform(draw=200 + nth) >= self.settings.never_fetch:
                await self.fetch(person, target, order, nth)

    async def results(self, person: Person, target: Target) -> list[Any]:
        """What came of this person's entries; waits a little for what is not there yet."""
        for _ in range(self.settings.looks):
            answer = await target.get(f"/results?person={person.id}", step="results", person=person)
            if answer.outcome is not Outcome.OK:
                return []
            results: list[Any] = answer.json()["results"]
            if all(result["state"] != "waiting" for result in results):
                return results
            await target.wait(self.settings.look_gap)
        return []

    async def orders(self, person: Person, target: Target) -> list[Any]:
        """What this person owes or has paid, each with the time it was shown at."""
        answer = await target.get(f"/orders?person={person.id}", step="orders", person=person)
        if answer.outcome is not Outcome.OK:
            return []
        told = answer.json()
        return [{**order, "now": told["now"]} for order in told["orders"]]

    async def pay(self, person: Person, target: Target, order: Any, nth: int, hurried: bool) -> bool:
        """Pay in one's own time, and again when told that it goes again, or when called; whether it was paid in the end."""
        if person.uniform(draw=300 + nth) < self.settings.never_pay:
            return False
        await target.wait(self.put_off(person, seconds(order["pay_by"]) - seconds(order["now"]), nth, hurried))
        if await self.try_to_pay(person, target, order, nth):
            return True
        for time, comes in enumerate((self.hears, self.is_reached), 1):
            if await comes(person, target, order, nth) and await self.try_to_pay(person, target, order, nth, time):
                return True
        return False

    async def hears(self, person: Person, target: Target, order: Any, nth: int) -> bool:
        """Whether somebody who gave up is told that it goes again, while their order is open, and comes back."""
        if not self.settings.told or person.uniform(draw=360 + nth) >= self.settings.comes_back:
            return False
        known = await self.affected(person, target, order)
        for look in range(1 + self.settings.looks_again):
            if known is None:
                return False
            told = clock(self.settings.told) - seconds(known["now"]) % 86_400.0
            await target.wait(max(told, 0.0) + person.exponential(self.settings.comes_after, draw=10_000 * (nth + 1) + look))
            known = await self.affected(person, target, order)
            if known is not None and known.get("told", True):
                return True
        return False

    async def is_reached(self, person: Person, target: Target, order: Any, nth: int) -> bool:
        """Whether the shop of somebody who has not paid reaches them the next day, while their order is open, and they come."""
        if not self.settings.called or person.uniform(draw=370 + nth) >= self.settings.comes_when_called:
            return False
        if (known := await self.affected(person, target, order)) is None:
            return False
        called = 86_400.0 - seconds(known["now"]) % 86_400.0 + clock(self.settings.called)
        await target.wait(called + person.exponential(self.settings.comes_after, draw=380 + nth))
        known = await self.affected(person, target, order)
        return known is not None and bool(known.get("reached"))

    async def affected(self, person: Person, target: Target, order: Any) -> Any | None:
        """The order as it is shown now, if it is open and an incident kept it from being paid."""
        known = await self.one_order(person, target, order)
        return known if known is not None and known["state"] == "open" and known.get("affected", True) else None

    async def one_order(self, person: Person, target: Target, order: Any) -> Any | None:
        """The order as it is shown now."""
        return next((each for each in await self.orders(person, target) if each["order"] == order["order"]), None)

    async def try_to_pay(self, person: Person, target: Target, order: Any, nth: int, time: int = 0) -> bool:
        """Begin payments, one after the other, as people do who want to get it done; whether one came out."""
        gives_up = between(self.settings.gives_up_least, self.settings.gives_up_most, person.uniform(draw=310 + nth))
        way = {"bank": self.settings.banks[person.choice(len(self.settings.banks), draw=350)]}
        way["channel"] = self.settings.channels[person.choice(len(self.settings.channels), draw=351)]
        for try_ in range(time * self.settings.tries, (time + 1) * self.settings.tries):
            draw = 1000 * (nth + 1) + 2 * try_
            answer = await target.post(
                f"/orders/{order['order']}/payments", {"person": person.id, **way}, step="pay_again" if try_ else "pay", person=person,
                about={"round": order["round"]},
            )  # fmt: skip
            if answer.outcome is Outcome.REFUSED and (why := code(answer)) != "payment_under_way":
                return why == "order_paid"
            if answer.outcome is Outcome.OK and await self.came_out(person, target, answer.json()):
                return True
            if person.uniform(draw=draw) < gives_up:
                return False
            await target.wait(self.gap(person.uniform(draw=draw + 1)))
        return False

    def put_off(self, person: Person, left: float, nth: int, hurried: bool) -> float:
        """How long a person takes until they pay, of the time that is left."""
        if hurried or person.uniform(draw=320 + nth) < self.settings.at_once:
            return min(person.exponential(self.settings.decide, draw=330 + nth), max(left, 0.0))
        survived = 1.0 - person.uniform(draw=340 + nth)
        return max(left, 0.0) * (1.0 - survived ** (1.0 / self.settings.postponing))

    def gap(self, chance: float) -> float:
        """The time to the next try: log-normal."""
        least, most = math.log(self.settings.gap_least), math.log(self.settings.gap_most)
        return math.exp(NormalDist((least + most) / 2, (most - least) / FIVE_TO_95).inv_cdf(min(max(chance, 1e-9), 1 - 1e-9)))

    async def came_out(self, person: Person, target: Target, payment: Any) -> bool:
        """Whether the payment succeeded, as far as somebody who looks now and then gets to know."""
        gap = float(self.settings.poll_gap)
        for _ in range(self.settings.polls):
            if payment["state"] in ("succeeded", "failed"):
                break
            await target.wait(gap)
            gap = min(gap * 1.2, 60.0)
            answer = await target.get(f"/payments/{payment['payment']}", step="outcome", person=person)
            if answer.outcome is Outcome.OK:
                payment = answer.json()
        return bool(payment["state"] == "succeeded")

    async def fetch(self, person: Person, target: Target, order: Any, nth: int) -> None:
        """Go to the shop while it is open, on a day before the bottle is given away."""
        told = await self.one_order(person, target, order)
        if told is None or told["state"] != "paid":
            return
        now, last = seconds(told["now"]), seconds(told["pickup_by"])
        came = min(now + person.exponential(self.settings.fetch_after, draw=210 + nth), last - 7200.0)
        share = person.uniform(draw=220 + nth)
        await target.wait(opening(max(came, now), clock(told["shop_opens"]), clock(told["shop_closes"]), share, last) - now)
        answer = await target.get(f"/orders/{order['order']}/pickup?person={person.id}", step="code", person=person)
        if answer.outcome is Outcome.OK:
            await target.post(
                f"/orders/{order['order']}/pickup", {"person": person.id, "code": answer.json()["code"]}, step="collect", person=person,
                about={"round": order["round"]},
            )  # fmt: skip


def opening(at: float, opens: float, closes: float, share: float, last: float) -> float:
    """The moment somebody who means to come at `at` is in the shop: then if it is open, else at a time of the next day it is."""
    midnight = at - at % 86_400.0
    if at < midnight + opens:
        at = midnight + between(opens, closes, share)
    elif at >= midnight + closes:
        at = midnight + 86_400.0 + between(opens, closes, share)
    return min(at, last - 600.0 * (1.0 + share))


def between(least: float, most: float, share: float) -> float:
    """So far along from one to the other."""
    return least + (most - least) * share


def seconds(text: str) -> float:
    """A moment as the backend writes it, in seconds."""
    return (dt.datetime.fromisoformat(text) - dt.datetime(1970, 1, 1)).total_seconds()


def clock(text: str) -> float:
    """`10:00` in seconds since midnight; a plain number is that already."""
    hours, colon, minutes = text.partition(":")
    return float(hours) * 3600 + float(minutes.split(":")[0]) * 60 if colon else float(text)


def code(answer: Any) -> str:
    """Why an answer says no."""
    try:
        return str(answer.json().get("code", ""))
    except ValueError:
        return ""
