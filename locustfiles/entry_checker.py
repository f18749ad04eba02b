from rushproof.driver import Crowd, Duration, Outcome, Person, Promise, Settings, Step, Target


class Doubts(Settings, frozen=True):
    """How the visitors check; a scenario may say otherwise under `settings`."""

    think: Duration = Duration(2)
    """mean pause before each look (assumed)"""


class EntryChecker(Crowd):
    """Looks whether the entries are there that were promised, round by round."""

    Settings = Doubts
    steps = {
        "browse": Step(again=frozenset({Outcome.SHED, Outcome.ERROR})),
        "look": Step(promises=Promise("look", sequence="reservations.0.sequence"), again=frozenset({Outcome.SHED, Outcome.ERROR})),
    }

    async def visit(self, person: Person, target: Target) -> None:
        answer = await target.get("/rounds", step="browse")
        for each in answer.json()["rounds"] if answer.outcome is Outcome.OK else ():
            await target.think(person, mean=self.settings.think)
            path = f"/reservations?person={person.id}&round={each['round']}"
            await target.get(path, step="look", person=person, about={"round": each["round"]})
