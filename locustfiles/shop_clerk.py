from typing import Any

from rushproof.driver import Crowd, Duration, Outcome, Person, Promise, Settings, Share, Step, Target

AGAIN = frozenset({Outcome.SHED, Outcome.ERROR, Outcome.DOUBT})


class Hands(Settings, frozen=True):
    """How the shops' people work; a scenario may say otherwise under `settings`."""

    looks: int = 4
    """how often a clerk asks for the list, one look after the other was worked off"""
    between: Duration = Duration(7200)
    """mean time between two looks (assumed)"""
    call: Duration = Duration(600)
    """mean time that a customer takes (assumed)"""
    reached: Share = Share(0.808)
    """627 of the 776 that were left over in May 2022 were reached by their shops"""
    gives_up: Share = Share(0.2)
    """of the others, those whom nobody tries to reach again (149 of 776 stayed untouched)"""
    shops: int = 70
    """how many shops' lists one clerk works off, those of one region first; 1: that of the clerk's own shop"""


class ShopClerk(Crowd):
    """Works off the shop's list of orders that were left unpaid, one customer after the other, with the delays of people."""

    Settings = Hands
    steps = {"shops": Step(again=AGAIN), "follow_ups": Step(again=AGAIN), "follow_up": Step(promises=Promise("follow_up"), again=AGAIN)}

    async def visit(self, person: Person, target: Target) -> None:
        shops = await self.shops(person, target)
        for look in range(self.settings.looks):
            if look:
                await target.think(person, mean=self.settings.between)
            for shop in shops:
                for nth, each in enumerate(await self.listed(shop, person, target)):
                    await target.think(person, mean=self.settings.call)
                    outcome = self.outcome(person, 1000 * look + nth)
                    await target.post(f"/follow_ups/{each['order']}", {"outcome": outcome}, step="follow_up", person=person)

    async def shops(self, person: Person, target: Target) -> list[str]:
        """The shops this clerk works for."""
        if self.settings.shops <= 1:
            return [person.shop]
        answer = await target.get(f"/shops?region={person.region}&limit={self.settings.shops}", step="shops")
        return [shop["shop"] for shop in answer.json()["shops"]] if answer.outcome is Outcome.OK else []

    async def listed(self, shop: str, person: Person, target: Target) -> list[Any]:
        """What is open on the shop's list."""
        answer = await target.get(f"/shops/{shop}/follow_ups", step="follow_ups", person=person)
        return list(answer.json()["follow_ups"]) if answer.outcome is Outcome.OK else []

    def outcome(self, person: Person, draw: int) -> str:
        """What a call came to."""
        if person.uniform(draw=100 + draw) < self.settings.reached:
            return "reached"
        return "gave_up" if person.uniform(draw=5_000_000 + draw) < self.settings.gives_up else "not_reached"
