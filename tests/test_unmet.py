import msgspec
import pytest

from rushproof.arrivals import Steady
from rushproof.frame import Exchange
from rushproof.manifest import Ending, Machine, Manifest
from rushproof.quantity import Count, Duration
from rushproof.report import Generator, Report, StepReport, Timeline, VisitCounts
from rushproof.scenario import CrowdSpec, LedgerSpec, Scenario, TargetSpec
from rushproof.timetable import Moment, Timetable
from rushproof.unmet import missing, unmet
from rushproof.verdict import Finding, Kind, Status

OPEN = Moment.read("09:00")


def scenario():
    crowd = CrowdSpec(persona="./buyer.py", arrivals=Steady(first=OPEN, length=Duration(1)))
    timetable = Timetable(first=OPEN, last=Moment.read("09:01"))
    return Scenario(
        name="shop",
        about="A shop.",
        target=TargetSpec(url="http://127.0.0.1:1"),
        timetable=timetable,
        crowds={"buyers": crowd},
        drain=Duration(20),
    )


def exchange(outcome="ok"):
    return Exchange(
        crowd="buyers", step="buy", request="POST /buy", sent=(), status=200, received=(), outcome=outcome, why="", took=0.1,
        protocol="HTTP/1.1",
    )  # fmt: skip


def step(crowd="buyers", **counts):
    return StepReport(crowd=crowd, step="buy", counts=counts, intents={}, distributions={})


def reported(*, steps=(), findings=(), notes=(), of=None, ending=Ending.COMPLETE, why=""):
    machine = Machine("Linux", "3.11", 2, 1)
    manifest = Manifest(
        run="r",
        scenario=of or scenario(),
        seed=1,
        people=1,
        speed=1,
        first=0,
        last=1,
        start=0,
        notes=notes,
        machine=machine,
        ending=ending,
        why=why,
    )
    return Report(
        verdict=Status.UNKNOWN, manifest=manifest, counts=VisitCounts(1, 1, 0, 0, 0), steps=steps, findings=findings,
        timeline=Timeline(at=(), clock=(), offered=(), due=(), outcomes={}, served=(), p50=(), p99=(), in_flight=(), tainted=()),
        generator=Generator(
            workers=1, cores=1, busy=0, busy_peak=0, lag_p99=0, turn=0, memory=0, seconds=1, tainted_seconds=0, reasons={}
        ),
    )  # fmt: skip


def invariant(sentence, status=Status.UNKNOWN):
    return Finding(name="kept", kind=Kind.INVARIANT, status=status, sentence=f"It is not known whether this is so: It is kept. {sentence}")


def test_a_visit_that_broke_off_is_told_instead_of_its_silence():
    note = "a visit of buyers raised KeyError: 'shop' (visit, line 9)"

    assert [one.came for one in unmet(scenario(), (), reported(notes=(note, "something else")))] == [note]


def test_a_crowd_that_asked_for_nothing_is_told():
    assert [(one.where, one.came) for one in unmet(scenario(), (), reported())] == [("buyers", "no request at all")]
    assert not list(unmet(scenario(), (exchange(),), reported()))


@pytest.mark.parametrize(
    ("sentence", "came"),
    [
        ("Its query does not run: Binder Error: no column at.", "Binder Error: no column at"),
        (
            "ledger tells no sequence, rounds tells no open: its source has no such column.",
            "ledger tells no sequence, rounds tells no open",
        ),
    ],
)
def test_an_invariant_whose_columns_are_not_there_is_in_the_way(sentence, came):
    (one,) = unmet(scenario(), (exchange(),), reported(findings=(invariant(sentence),)))

    assert (one.where, one.came) == ("invariant kept", came)


def test_an_invariant_that_only_lacks_rows_is_not():
    assert not list(unmet(scenario(), (exchange(),), reported(findings=(invariant("acknowledged has no row."),))))


def test_ordinary_users_are_judged_by_their_counts():
    users = msgspec.structs.replace(scenario(), crowds={"plain": CrowdSpec(persona="./plain.py", users=Count(3))})

    def said(**counts):
        return [(one.where, one.came) for one in unmet(users, (), reported(steps=(step("plain", **counts),), of=users))]

    assert said(ok=1, error=5) == []
    assert said(error=5, doubt=1) == [("plain · buy", "5 error, 1 doubt")]
    assert said() == [("plain", "no request at all in a second")]


def test_a_ledger_that_did_not_come_is_told_with_where_it_is_written():
    spec = LedgerSpec(sql="SELECT 1", dsn="${env:SEATS_DSN}")
    one = missing("seats", spec, ("the ledger seats was not fetched: no password", "the ledger rounds was not fetched: 404"))

    assert (one.where, one.came) == ("ledger seats", "the ledger seats was not fetched: no password")
    assert "`ledgers.seats.dsn` or `ledgers.seats.sql`" in one.advice


def test_a_step_without_an_end_is_told_with_how_long_it_had():
    (one,) = unmet(scenario(), (), reported(steps=(step(unfinished=1),)))

    assert (one.where, one.came, one.expected) == ("buyers · buy", "no answer within 20 s", "an answer that settles it")


def test_one_person_who_is_shed_all_the_time_is_told_so():
    (one,) = unmet(scenario(), (exchange("shed"), exchange("shed")), reported(steps=(step(shed=2, unfinished=1),)))

    assert one.came == "asked to come later 2 times in 20 s"


def test_a_load_that_broke_off_is_told_alone():
    (one,) = unmet(scenario(), (), reported(ending=Ending.WORKER_LOST, why="worker 0: it was killed"))

    assert (one.where, one.came) == ("the load", "worker 0: it was killed")
