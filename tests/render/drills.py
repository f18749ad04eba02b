"""Hand-made drills: one evening that was mended and made whole, and one of which little is known."""

import msgspec

from rushproof.clocks import Amplification, Became, Clock, Compared, Goodput, Loss, Milestone, Recovery, Switched
from rushproof.drill import ClockSpec, DrillSpec, PeopleSpec, Row, ServiceSpec
from rushproof.faults import SwitchFault
from rushproof.quantity import Duration
from rushproof.timetable import Moment

SPEC = DrillSpec(
    faults={"gateway": SwitchFault(at=Moment.read("open + 60s"), lasting=Duration(120), path="/faults/down")},
    service=ServiceSpec(step="pay"),
    backlog=ClockSpec(probe="open_payments"),
    ledger=ClockSpec(query="open_ledger"),
    customer=ClockSpec(query="open_customers"),
    alarm="alarm",
    apart=("reserve",),
    people=PeopleSpec(query="affected", tries="affected_tries"),
    compare=(Row(of="people.paid", name="paid the same day", expected="≥ 81 %", happened="3,412 of 4,188"),),
    compared_with="9 May 2022",
)


def became(at: float, clock: str, affected: int, **what: int) -> Became:
    return Became(at=at, clock=clock, affected=affected, became=what)


def noted(text: str) -> Milestone:
    return Milestone(name="mark", early=21.5, late=21.5, clock="09:03:05", text=text)


MENDED = Recovery(
    faults=(
        Switched(
            fault="gateway", kind="switch", on="gateway", injected=(15.0, 15.012), mended=(27.0, 27.008), mended_by="harness", late=0.012
        ),
    ),
    milestones=(
        Milestone(name="injected", early=15.0, late=15.012, clock="09:02:00", text="gateway"),
        Milestone(name="onset", early=15.2, late=16.2, clock="09:02:02"),
        Milestone(name="detected", early=19.0, late=20.0, clock="09:02:40"),
        noted("the bank's hotline was called"),
        Milestone(name="mended", early=27.0, late=27.008, clock="09:04:00", text="gateway"),
        Milestone(name="service", early=28.0, late=30.0, clock="09:04:10"),
        Milestone(name="backlog", early=33.0, late=34.0, clock="09:05:00"),
        Milestone(name="ledger", early=50.0, late=51.0, clock="09:07:50"),
    ),
    baseline=0.9984,
    baseline_n=12_640,
    baseline_why="",
    clocks={
        "service": Clock(
            status="recovered", time="wall", seconds=1.0, low=0.9, high=3.0, resolution=5.2, since_onset=12.8, relapses=1, n=9_120
        ),
        "backlog": Clock(status="recovered", time="wall", seconds=6.0, low=5.0, high=7.0, resolution=1.0, since_onset=17.8, n=63),
        "ledger": Clock(
            status="recovered", time="scenario", seconds=1703.0, low=1690.0, high=1710.0, resolution=20.0, since_onset=1821.0, n=412
        ),
        "customer": Clock(status="not recovered", time="scenario", low=7260.0, n=4188, why="149 were still open when the run ended."),
    },
    detection=Clock(status="recovered", time="wall", seconds=3.8, low=2.8, high=4.8, resolution=1.0, n=63),
    masking=0.7,
    stability="recovered",
    loss=Loss(service=11.2, service_low=10.9, service_high=11.6, requests=7_412.0, resilience=0.768, depth=0.991, noise=0.11),
    goodput=(
        Goodput(step="pay", apart=False, before=0.9984, during=0.012, isolation=0.012019, n=7_500),
        Goodput(step="reserve", apart=True, before=0.9991, during=0.9989, isolation=0.9998, n=21_004),
    ),
    amplification=Amplification(before=1.01, during=3.42, after=1.08),
    drain=1.31,
    people=(
        became(32520.0, "09:02:00", 0, paid=0, lapsed=0, open=0),
        became(32640.0, "09:04:00", 4188, paid=0, lapsed=0, open=4188),
        became(32900.0, "09:08:20", 4188, paid=3412, lapsed=0, open=776),
        became(33000.0, "09:10:00", 4188, paid=4039, lapsed=0, open=149),
    ),
    tries=31.0,
    compared=(
        Compared(name="mended after", expected="39 min", measured="39 min 2 s", happened="39 min"),
        Compared(name="paid the same day", expected="≥ 81 %", measured="96.4 %", happened="3,412 of 4,188"),
    ),
    compared_with="9 May 2022",
)  # fmt: skip

DOUBTFUL = msgspec.structs.replace(
    MENDED,
    faults=(
        msgspec.structs.replace(
            MENDED.faults[0], mended=(27.0, None), mended_by="nobody", problem="DELETE /faults/down: connection refused"
        ),
    ),
    milestones=MENDED.milestones[:1],
    baseline=None,
    baseline_why="The halves of the baseline differ: 99.9 % and 97.1 % were good.",
    clocks={
        "service": Clock(status="unknown", time="wall", why="There is no baseline to measure against."),
        "backlog": Clock(status="unknown", time="wall", why="The probe open_payments was answered 3 times."),
    },
    detection=Clock(status="not observed", time="wall"),
    masking=None,
    stability="metastable",
    stability_why="Tries an intent stayed at 3.4 × the baseline's.",
    loss=None,
    goodput=(Goodput(step="pay", apart=False, before=None, during=None, isolation=None, n=0),),
    amplification=None,
    drain=None,
    people=(became(32640.0, "09:04:00", 4188, paid=1, open=4000),),
    tries=2.0,
    compared=(),
    compared_with="",
    not_the_incident="The median person affected tried 2 times; 20 to 50 were asked for.",
)
