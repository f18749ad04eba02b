"""A visit of two steps with a think time between them, as long as the settings say."""

from rushproof.driver import Crowd, Person, Promise, Settings, Step, Target


class Thinking(Settings, frozen=True):
    """How long persons think."""

    mean: float = 0.5
    """seconds, of an exponential cut at ten times it"""


class TwoStep(Crowd):
    """Looks, thinks, reserves."""

    steps = {"browse": Step(), "reserve": Step(promises=Promise("reservation", content=("shop",)))}
    Settings = Thinking

    async def visit(self, person: Person, target: Target) -> None:
        await target.get("/rounds", step="browse")
        await target.think(person, self.settings.mean)
        body = {"person": person.id, "round": "2022-04-01.r1", "shop": person.shop}
        await target.post("/reservations", body, step="reserve", person=person)
