"""The whole path in one step: an identity, a JSON body, a promise written down, the answer read."""

from rushproof.driver import Crowd, Person, Promise, Step, Target


class OneStep(Crowd):
    """Comes, reserves, leaves."""

    steps = {"reserve": Step(promises=Promise("reservation", content=("shop",)))}

    async def visit(self, person: Person, target: Target) -> None:
        body = {"person": person.id, "round": "2022-04-01.r1", "shop": person.shop}
        await target.post("/reservations", body, step="reserve", person=person)
