"""People who try again when nothing comes back."""

from rushproof.driver import Crowd, Outcome, Person, Step, Target


class Insistent(Crowd):
    """Asks, waits for an answer of 0.15 seconds four times as long, and asks again."""

    steps = {"ask": Step(again=frozenset({Outcome.SHED, Outcome.ERROR, Outcome.DOUBT}), gap=0.3, timeout=0.6)}

    async def visit(self, person: Person, target: Target) -> None:
        await target.post("/", {}, step="ask", person=person)
