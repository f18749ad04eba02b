from rushproof.driver import Crowd, Duration, Outcome, Person, Settings, Share, Step, Target

AGAIN = frozenset({Outcome.SHED, Outcome.ERROR})


class Habits(Settings, frozen=True):
    """What those are like who only want to know; a scenario may say otherwise under `settings`.  All are assumptions."""

    refreshes: float = 2.0
    """how often a person looks again, on average, although they know"""
    again: Duration = Duration(5)
    """mean time between two looks"""
    most: int = 12
    """looks after which nobody looks any more, results or not"""
    verify: Share = Share(0)
    """who has the draw's proof of their own entry shown"""


class ResultWatcher(Crowd):
    """Comes at six to see what became of an entry, looks too early, and looks again to be sure."""

    Settings = Habits
    steps = {"results": Step(again=AGAIN), "proof": Step(again=AGAIN)}

    async def visit(self, person: Person, target: Target) -> None:
        stay, known = 1.0 - 1.0 / (1.0 + self.settings.refreshes), False
        for nth in range(self.settings.most):
            answer = await target.get(f"/results?person={person.id}", step="results", person=person)
            results = answer.json()["results"] if answer.outcome is Outcome.OK else []
            known = bool(results) and all(result["state"] != "waiting" for result in results)
            if known and person.uniform(draw=100 + nth) >= stay:
                break
            await target.think(person, mean=self.settings.again)
        if known and person.uniform(draw=90) < self.settings.verify:
            path = f"/draws/{results[0]['round']}/proofs/{results[0]['reservation']}?person={person.id}"
            await target.get(path, step="proof", person=person)
