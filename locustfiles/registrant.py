from rushproof.driver import Crowd, Outcome, Person, Step, Target

AGAIN = frozenset({Outcome.SHED, Outcome.ERROR, Outcome.DOUBT})
"""after these a person tries the same thing again, until patience ends"""


class Registrant(Crowd):
    """Registers with the real name, and presses the button again until the name is verified."""

    steps = {"register": Step(again=AGAIN)}

    async def visit(self, person: Person, target: Target) -> None:
        who = {"name": person.name, "identity": f"{person.index:018d}", "phone": person.phone}
        await target.post("/registrations", who, step="register", person=person)
