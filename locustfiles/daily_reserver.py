from rushproof.driver import Crowd, Duration, Outcome, Person, Promise, Settings, Step, Target

AGAIN = frozenset({Outcome.SHED, Outcome.ERROR, Outcome.DOUBT})
"""after these a person tries the same thing again, until patience ends"""


class Wishes(Settings, frozen=True):
    """What the visitors are like; a scenario may say otherwise under `settings`."""

    entries: float = 2.2
    """rounds that one person enters, on average, of those on offer"""
    think: Duration = Duration(4)
    """mean pause before each entry"""
    browse: bool = True
    """False: they know what is on offer (`rounds`) and do not look"""
    rounds: tuple[str, ...] = ()


class DailyReserver(Crowd):
    """Looks at the rounds on offer, enters one or several, and comes back if asked to come later."""

    Settings = Wishes
    steps = {
        "browse": Step(again=AGAIN),
        "reserve": Step(promises=Promise("reservation", content=("shop",)), again=AGAIN),
    }

    async def visit(self, person: Person, target: Target) -> None:
        for name in self.chosen(person, await self.on_offer(target)):
            if self.settings.think:
                await target.think(person, mean=self.settings.think)
            await target.post("/reservations", {"person": person.id, "round": name, "shop": person.shop}, step="reserve", person=person)

    async def on_offer(self, target: Target) -> list[str]:
        """The rounds that are open or will be; nobody waits for a page that did not come."""
        if not self.settings.browse:
            return list(self.settings.rounds)
        answer = await target.get("/rounds", step="browse")
        if answer.outcome is not Outcome.OK:
            return []
        return [each["round"] for each in answer.json()["rounds"] if each["state"] != "closed"]

    def chosen(self, person: Person, rounds: list[str]) -> list[str]:
        """One round for certain, each of the others by the person's own dice, so that `entries` are entered on average."""
        if not rounds:
            return []
        certain, share = person.choice(len(rounds), draw=100), (self.settings.entries - 1) / max(len(rounds) - 1, 1)
        return [name for nth, name in enumerate(rounds) if nth == certain or person.uniform(draw=101 + nth) < share]
