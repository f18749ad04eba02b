"""What a run will come to, before a byte is sent: who comes, at which rates, how much is asked and written, and what it takes."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec
import numpy as np

from rushproof.foresight import Doubt, doubts
from rushproof.keyed import IntArray
from rushproof.needs import Here, Needs, needs
from rushproof.pace import JUMP, Pace
from rushproof.plan import CrowdPlan, Plan
from rushproof.scenario import Scenario
from rushproof.schedule import Schedule, persons

SPANS = 12
"""rows of the table of rates"""
POINTS = 60
"""columns of the curve of rates"""

_PROMISED = ("attempts", "acknowledged", "attempts_of_all")
"""tables of what persons were promised"""
JOURNALLED = (*_PROMISED, "frames")
"""tables of the audit that are the run's own, and no ledgers"""

Steps = Mapping[str, Mapping[str, str | None]]
"""by crowd, the steps its persona declares, and the kind that each promises"""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the timetable, and how people come in it."""

    name: str
    """of a window; empty for one of the equal parts"""
    first: float
    """scenario time"""
    last: float
    visits: int
    mean: float
    """visits a wall second"""
    peak: int
    """visits in the busiest wall second that begins in it"""
    speed: float | None = 1.0
    """at which it is run; None where it is not one throughout"""


class CrowdOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """One crowd."""

    crowd: str
    people: int
    """who come over the whole of their arrivals"""
    visits: int
    """of these, in the part of the timetable that is run"""
    steps: tuple[str, ...]
    promising: tuple[str, ...]
    of: str | None = None
    """the crowd whose people they are, where they come again"""
    users: int | None = None
    """an ordinary Locust user's, in a closed loop: what they do depends on the answers"""


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Where the people come from, and how many there are."""

    source: str = "population"
    """`population`, or the file that holds them"""
    known: int | None
    """how many there are; None where that is not known"""
    used: int = 0
    """taken by earlier runs, which are not taken again"""
    notes: tuple[str, ...] = ()
    """what is to be said of them, such as how many tokens end before the run does"""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """A run foreseen."""

    scenario: Scenario
    first: float
    """scenario time"""
    last: float
    scale: float
    speed: float
    workers: int
    crowds: tuple[CrowdOutlook, ...]
    people: People
    persons: int
    """people that the run takes"""
    rates: tuple[Part, ...]
    windows: tuple[Part, ...]
    curve: tuple[float, ...]
    """visits a wall second, the busiest of each column"""
    needs: Needs
    doubts: tuple[Doubt, ...]

    @property
    def wall(self) -> float:
        """Wall seconds in which people come."""
        return self.pace.wall(self.last)

    @property
    def pace(self) -> Pace:
        """How scenario time goes on the wall."""
        return self.scenario.timetable.pace(self.speed, self.first)

    @property
    def visits(self) -> int:
        return sum(crowd.visits for crowd in self.crowds)

    @property
    def requests(self) -> int:
        """If each visit takes each step of its persona once."""
        return sum(crowd.visits * len(crowd.steps) for crowd in self.crowds)

    @property
    def attempts(self) -> int:
        """The same of promising steps: rows of the journal, and of the ledger."""
        return sum(crowd.visits * len(crowd.promising) for crowd in self.crowds)

    @property
    def peak(self) -> int:
        """Visits in the busiest wall second."""
        return max((part.peak for part in self.rates), default=0)


def outlook(
    scenario: Scenario,
    plan: Plan,
    steps: Steps,
    here: Here,
    *,
    tls: bool = False,
    people: People | None = None,
    tables: Mapping[str, Sequence[str]] | None = None,
) -> Outlook:
    """The outlook of a plan.  `tables`: by claimed invariant, the tables that its query reads."""
    people = people or People(known=int(plan.population.registered))
    seconds = [_seconds(plan, number) for number in range(len(plan.crowds))]
    crowds = tuple(_crowd(crowd, steps.get(crowd.name, {}), each) for crowd, each in zip(plan.crowds, seconds, strict=True))
    taken = _needs(plan, tls, crowds, seconds, here)
    total = _together(seconds)
    return Outlook(
        scenario=scenario,
        first=plan.timetable.begin,
        last=plan.timetable.end,
        scale=plan.scale,
        speed=plan.speed,
        workers=plan.workers,
        crowds=crowds,
        people=people,
        persons=persons(plan),
        rates=tuple(parts(plan, total, _parts(plan))),
        windows=tuple(parts(plan, total, _windows(scenario, plan))),
        curve=curve(total),
        needs=taken,
        doubts=(
            *doubts(scenario, plan, {crowd.crowd: crowd.steps for crowd in crowds if crowd.users is None}, taken),
            *_unproved(crowds, scenario, tables or {}),
            *_wanting(people, persons(plan)),
        ),
    )


def parts(plan: Plan, seconds: IntArray, spans: Sequence[tuple[str, float, float]]) -> list[Part]:
    """How people come in each span of scenario time (name, first, last); `seconds`: visits of all crowds in each wall second."""
    whole = msgspec.structs.replace(plan, worker=0, workers=1)
    schedules = [Schedule(whole, number) for number in range(len(plan.crowds))]
    found, pace = [], plan.pace
    for name, first, last in spans:
        begin, end = pace.wall(first), pace.wall(last)
        visits = sum(schedule.offered(end) - schedule.offered(begin) for schedule in schedules)
        busy = seconds[max(math.floor(begin + 1e-6), 0) : max(math.ceil(end - 1e-6), 0)]
        rate = visits / (end - begin) if end > begin else 0.0
        peak, speed = int(busy.max()) if len(busy) else 0, pace.speed(first, last)
        found.append(Part(name=name, first=first, last=last, visits=visits, mean=rate, peak=peak, speed=speed))
    return found


def curve(seconds: IntArray) -> tuple[float, ...]:
    """The busiest second of each of at most `POINTS` equal columns."""
    return tuple(float(part.max()) for part in np.array_split(seconds, min(POINTS, len(seconds)))) if len(seconds) else ()


def _seconds(plan: Plan, crowd: int) -> IntArray:
    return Schedule(plan, crowd).by_second()


def _together(seconds: Sequence[IntArray]) -> IntArray:
    return np.asarray(sum(seconds[1:], seconds[0]), dtype=np.int64)


def _parts(plan: Plan) -> list[tuple[str, float, float]]:
    """Equal parts of what is run, none shorter than a wall second; of each stretch of its own speed some, of a jump none."""
    pieces = [piece for piece in plan.pace.pieces(plan.timetable.begin, plan.timetable.end) if piece.speed != JUMP]
    walls = [(piece.last - piece.first) / piece.speed for piece in pieces]
    cut = []
    for (first, last, _), wall in zip(pieces, walls, strict=True):
        count = max(1, min(round(SPANS * wall / sum(walls)), int(wall + 1e-6)))
        edges = [first + (last - first) * nth / count for nth in range(count + 1)]
        cut += [("", begin, end) for begin, end in pairwise(edges)]
    return cut


def _windows(scenario: Scenario, plan: Plan) -> list[tuple[str, float, float]]:
    """The windows, as far as they are run."""
    found = []
    for name, window in scenario.windows.items():
        first = max(scenario.timetable.at(window.first), plan.timetable.begin)
        last = min(scenario.timetable.at(window.last), plan.timetable.end)
        if first < last:
            found.append((name, first, last))
    return found


def _crowd(crowd: CrowdPlan, steps: Mapping[str, str | None], seconds: IntArray) -> CrowdOutlook:
    told = {name for name, step in crowd.steps.items() if step.promises is not None}
    return CrowdOutlook(
        crowd=crowd.name,
        people=crowd.people,
        visits=int(seconds.sum()),
        steps=tuple(steps),
        promising=tuple(name for name, kind in steps.items() if kind is not None or name in told),
        of=crowd.of,
        users=crowd.users,
    )


def _needs(plan: Plan, tls: bool, crowds: Sequence[CrowdOutlook], seconds: Sequence[IntArray], here: Here) -> Needs:
    attempts = sum(crowd.visits * len(crowd.promising) for crowd in crowds)
    return needs(plan, tls, {crowd.crowd: len(crowd.steps) for crowd in crowds}, attempts, seconds, here)


def _unproved(crowds: Sequence[CrowdOutlook], scenario: Scenario, tables: Mapping[str, Sequence[str]]) -> list[Doubt]:
    """Claimed invariants that nothing will be there for."""
    promised = any(crowd.promising for crowd in crowds)
    found = []
    for name, read in tables.items():
        absent = [table for table in read if table not in (*scenario.ledgers, *JOURNALLED)]
        if absent:
            among = f"; there is {', '.join(scenario.ledgers)}" if scenario.ledgers else ""
            found.append(Doubt(name, "unknown", f"it reads {', '.join(absent)}, and no ledger of that name is in `ledgers`{among}"))
        elif not promised and set(_PROMISED) & set(read):
            found.append(Doubt(name, "unknown", "it reads what persons were promised, and no step of any persona promises anything"))
    return found


def _wanting(people: People, taken: int) -> list[Doubt]:
    """People who will not do, or not be enough."""
    found = []
    if people.known is not None and people.used + taken > people.known:
        left = max(people.known - people.used, 0)
        why = f"{taken:,} people come, and {left:,} of {people.known:,} are left in {people.source}"
        found.append(Doubt("every visit was begun", "unknown", why))
    found += [Doubt("persons", "broken", note.rstrip(".")) for note in people.notes]
    return found
