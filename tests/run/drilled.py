"""A run folder by hand: four minutes in which nobody could pay for forty seconds, with the ledgers and probes that tell of it."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb

from rushproof.arrivals import Steady
from rushproof.budget import Limit
from rushproof.drill import ClockSpec, DrillSpec, PeopleSpec, Row, ServiceSpec
from rushproof.faults import SwitchFault
from rushproof.frame import Frame, Health, Visits
from rushproof.injection import Injection, Mark
from rushproof.journal import Actions, Journal, Readings
from rushproof.manifest import Ending, Machine, Manifest
from rushproof.probe import ProbeSpec
from rushproof.quantity import Bound, Count, Duration, Rate
from rushproof.sample import VISIT, Outcome
from rushproof.scenario import CrowdSpec, Scenario, TargetSpec
from rushproof.tally import Tally
from rushproof.timetable import Moment, Timetable, Window

SECONDS, EACH, SPEED = 240, 30, 10.0
DOWN, UP = 100.0, 140.0
"""wall seconds between which nobody can pay"""
FIRST = 18 * 3600.0
MIDNIGHT = 1_652_054_400
"""9 May 2022"""
STEPS = (("winners", "reserve"), ("winners", "pay"), ("winners", VISIT))
QUERIES = {
    "open_ledger": """-- Payments of which the outcome is not known.
-- rows: at, open
SELECT ledger_clock("at") AS "at", open FROM unsettled""",
    "affected": """-- What became of those affected.
-- rows: at, affected
SELECT ledger_clock("at") AS "at", affected, paid, waiting FROM people""",
    "tries": "-- Tries of those affected.\n-- rows: tries\nSELECT 31 AS tries FROM people",
}


def scenario(**more: Any) -> Scenario:
    """The evening, with a drill."""
    first, last = Moment.read("18:00"), Moment.read("18:40")
    drill = DrillSpec(
        faults={"gateway": SwitchFault(at=Moment.read("18:16:40"), lasting=Duration(400), path="/faults/down")},
        service=ServiceSpec(step="pay"),
        backlog=ClockSpec(probe="open_payments", time="wall"),
        ledger=ClockSpec(query="open_ledger"),
        alarm="alarm",
        apart=("reserve",),
        people=PeopleSpec(query="affected", tries="tries", fewest=Count(20), most=Count(50)),
        compare=(Row(of="people.paid", name="paid", expected="≥ 1,000", happened="3,412"),),
        compared_with="9 May 2022",
    )
    crowd = CrowdSpec(persona="winner", arrivals=Steady(first=first, length=Duration(2400), rate=Rate(3)), people=Count(7200))
    fields: dict[str, Any] = {
        "name": "evening", "about": "By hand.", "target": TargetSpec(url="http://127.0.0.1:1"), "drill": drill,
        "timetable": Timetable(first=first, last=last, day=dt.date(2022, 5, 9)),
        "windows": {"outage": Window(Moment.read("18:16:40"), Moment.read("18:23:20"))}, "crowds": {"winners": crowd},
        "probes": {"open_payments": ProbeSpec(query="open"), "alarm": ProbeSpec(query="alarm")}, "speed": SPEED,
        "budget": (
            Limit(measure="recovery.service", at_most=Bound.read("20s")),
            Limit(measure="recovery.isolation", at_least=Bound.read("99%")),
            Limit(measure="recovery.backlog", at_most=Bound.read("5s")),
        ),
    }  # fmt: skip
    return Scenario(**(fields | more))


def manifest(of: Scenario) -> Manifest:
    return Manifest(
        run="20261122-180000-ab12", scenario=of, seed=7, people=1.0, speed=SPEED, first=FIRST, last=FIRST + SECONDS * SPEED,
        offered={"winners": SECONDS * EACH}, start=1_795_338_000.0, elapsed=float(SECONDS), drained=SECONDS + 1.0, persons=SECONDS * EACH,
        ending=Ending.COMPLETE, machine=Machine("Linux", "3.11", 2, 2**33),
    )  # fmt: skip


def written(folder: Path, of: Scenario, *, every: int = EACH, silent: range = range(0)) -> Path:
    """The folder; `every` intents are due in each second, and of the seconds `silent` the generator says nothing."""
    run = manifest(of)
    journal = Journal.create(folder, run)
    journal.append(_frame(every, silent))
    journal.close(run)
    actions = Actions(folder)
    actions.injected(Injection(fault="gateway", what="inject", due=DOWN, asked=DOWN, confirmed=DOWN + 0.02))
    actions.injected(Injection(fault="gateway", what="mend", due=UP, asked=UP, confirmed=UP + 0.01))
    actions.marked(Mark(at=DOWN + 12, text="the bank was called"))
    readings = Readings(folder)
    for second in range(SECONDS):
        waiting = 0 if not DOWN < second < UP + 8 else 30 * min(second - DOWN, UP + 8 - second)
        readings.add("open_payments", second + 0.2, waiting)
        readings.add("alarm", second + 0.2, float(DOWN + 6 < second < UP + 3))
    readings.flush()
    _ledgers(folder)
    (folder / "audit").mkdir()
    for name, text in QUERIES.items():
        (folder / "audit" / f"{name}.sql").write_text(text)
    return folder


def _frame(every: int, silent: range) -> Frame:
    """All of it in one frame; one intent a minute fails at any time."""
    tally = Tally(len(STEPS), 1.0)
    for nth in range(every * SECONDS):
        due = (nth + 0.5) / every
        fails = DOWN <= due < UP or nth % (60 * every) == 0
        for step, outcome in ((0, Outcome.OK), (1, Outcome.ERROR if fails else Outcome.OK)):
            tally.sample(step, outcome, True, due=due, planned=due, ready=due, sent=due, done=due + 0.05 + nth % every / 1000)
        tally.visit(2, Outcome.OK, arrival=due, stretch=0.2)
    heard = tuple(
        Health(at=second, lag_p99=0.001, busy=0.3, turn=0.004, due=2 * every, unsent=0, missed=0, in_flight=2, memory=2**27)
        for second in range(SECONDS)
        if second not in silent
    )
    return Frame(
        worker=0, seq=0, until=float(SECONDS), steps=STEPS, visits=(Visits(offered=every * SECONDS, finished=every * SECONDS),),
        cells=tally.cells(), health=heard, final=True,
    )  # fmt: skip


def _ledgers(folder: Path) -> None:
    """What the target wrote: the last unknown outcome was settled twenty minutes after the mend, and by then all but 8 had paid."""
    mended = MIDNIGHT + FIRST + UP * SPEED
    began = MIDNIGHT + FIRST + DOWN * SPEED
    tables = {
        "unsettled": ("open", [(began - 900, 0), (began, 0), (began + 100, 40), (mended, 40), (mended + 300, 12), (mended + 600, 0)]),
        "people": ("affected, paid, waiting", [(began, 0, 0, 0), (mended, 1200, 0, 1200), (mended + 900, 1200, 1192, 8)]),
    }
    (folder / "ledgers").mkdir()
    with duckdb.connect() as connection:
        for name, (columns, rows) in tables.items():
            values = ", ".join(str(row) for row in rows)
            query = f'SELECT * FROM (VALUES {values}) AS t("at", {columns})'
            connection.execute(f"COPY ({query}) TO '{folder / 'ledgers' / name}.parquet' (FORMAT parquet)").fetchall()
