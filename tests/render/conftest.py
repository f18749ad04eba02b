"""Hand-made reports: one that passes, one that fails, one that cannot tell, one that nobody came to, and one with many steps."""

import math
from collections.abc import Callable, Mapping

import msgspec
import pytest

from rushproof.arrivals import Opening
from rushproof.budget import Limit
from rushproof.incident import rehearsal
from rushproof.manifest import Ending, Machine, Manifest
from rushproof.quantity import Bound, Count, Duration, Unit
from rushproof.report import Generator, Quantiles, Report, StepReport, Timeline, VisitCounts
from rushproof.scenario import CrowdSpec, Scenario, TargetSpec
from rushproof.timetable import Moment, Timetable, Window
from rushproof.verdict import Finding, Kind, Status, worst
from tests.render import drills

NASTY = '<b>"Tom\'s" & co</b> ]]> \x1b[31m 预约'
"""A name that a scenario might hold and that no renderer may take for its own."""


def quantiles(median: float, n: int) -> Quantiles:
    """A distribution with a tail like those of a queue."""
    return Quantiles(median, median * 2.2, median * 2.9, median * 5.5, median * 9, median * 14, n)


def scenario(name: str = "daily_reservation", budget: tuple[Limit, ...] = (), **more: object) -> Scenario:
    """A morning of one crowd from 08:59:30 to 09:10."""
    first, last = Moment.read("08:59:30"), Moment.read("09:10")
    timetable = Timetable(first=first, last=last, moments={"open": Moment.read("09:00")})
    crowd = CrowdSpec(persona="daily_reserver", arrivals=Opening(first=Moment.read("open"), last=last), people=Count(7_120_000))
    fields: dict[str, object] = {
        "name": name, "about": "A day's reservations.", "target": TargetSpec(url="http://127.0.0.1:{port}"), "timetable": timetable,
        "windows": {"rush": Window(Moment.read("open"), Moment.read("open + 60s"))}, "crowds": {"reservers": crowd}, "budget": budget,
    }  # fmt: skip
    return Scenario(**(fields | more))  # type: ignore[arg-type]


def manifest(of: Scenario, **more: object) -> Manifest:
    """The manifest of a run of it."""
    fields: dict[str, object] = {
        "run": "20261122-090000-ab12", "scenario": of, "seed": 7, "people": 0.005, "speed": 10.0,
        "first": of.timetable.begin, "last": of.timetable.end, "first_person": 0, "persons": 35_600,
        "offered": {"reservers": 35_600}, "start": 1_795_338_000.0, "elapsed": 63.0, "drained": 63.9, "ending": Ending.COMPLETE,
        "versions": {"rushproof": "0.1.0", "locust": "2.47.0"}, "machine": Machine("Linux 6.1", "3.11.9", 2, 8 * 2**30),
    }  # fmt: skip
    return Manifest(**(fields | more))  # type: ignore[arg-type]


def timeline(of: Manifest, seconds: int = 63, overload: bool = False, tainted: tuple[int, ...] = ()) -> Timeline:
    """An opening: nothing before nine, a spike, a decay; under overload the target sheds from a quarter of the peak on."""
    opens = math.ceil((32_400 - of.first) / of.speed)
    begun = [0.0 if at < opens else round(1400 * math.exp((opens - at) / (seconds / 7)) + 260, 1) for at in range(seconds)]
    due = [2 * rate for rate in begun]
    cap = 900.0 if overload else 1e9
    ok = [round(min(rate, cap) * (1 - 0.002), 1) for rate in due]
    shed = [round(rate - good, 1) if overload else 0.0 for rate, good in zip(due, ok, strict=True)]
    refused = [round(rate - good - late, 1) for rate, good, late in zip(due, ok, shed, strict=True)]
    median = [None if not rate else round(0.004 + 0.00001 * rate + (0.3 if overload and rate > cap else 0), 6) for rate in due]
    clock = of.scenario.timetable.clock
    return Timeline(
        at=tuple(float(at) for at in range(seconds)),
        clock=tuple(clock(of.first + at * of.speed) for at in range(seconds)),
        offered=tuple(begun), due=tuple(due), served=(0.0, *ok[:-1]),
        outcomes={"ok": tuple(ok), "refused": tuple(refused), "shed": tuple(shed), "error": (0.0,) * seconds},
        p50=tuple(median), p99=tuple(None if value is None else round(value * 6, 6) for value in median),
        in_flight=tuple(int(rate * 0.4) for rate in begun), tainted=tuple(at in tainted for at in range(seconds)),
    )  # fmt: skip


def generator(seconds: int = 63, tainted: int = 0, **reasons: int) -> Generator:
    """What a generator on one of two cores says of itself."""
    return Generator(
        workers=1, cores=2, busy=0.31, busy_peak=0.93 if tainted else 0.62, lag_p99=0.0412 if tainted else 0.0011,
        turn=0.019, memory=148 * 2**20, seconds=seconds, tainted_seconds=tainted, reasons=reasons,
    )  # fmt: skip


def step(name: str, n: int, *, crowd: str = "reservers", median: float = 0.006, **worse: int) -> StepReport:
    """One step with `n` samples ok and as many others as named; the shed ones came back and were served."""
    kinds: Mapping[str, float] = {"service": median * 0.8, "response": median, "wait": 0.00002, "lag": 0.0003, "intent": median * 1.1}
    spread = {kind: {"ok": quantiles(value, n)} for kind, value in kinds.items() if n}
    if worse.get("shed"):
        spread["response"] = {**spread.get("response", {}), "shed": quantiles(0.0007, worse["shed"])}
    intents = {"ok": n, **{word: count for word, count in worse.items() if word != "shed"}}
    return StepReport(crowd=crowd, step=name, counts={"ok": n, **worse}, intents=intents, distributions=spread)


def limit(measure: str, bound: str, **more: object) -> Limit:
    """One line of a budget; `at_least` for shares of the good and for throughput."""
    side = "at_least" if measure in ("throughput", "acknowledged", "good_share") else "at_most"
    return Limit(measure=measure, **{side: Bound.read(bound)}, **more)  # type: ignore[arg-type]


P99 = limit("p99", "500ms", step="reserve", outcome="ok", window="rush")
ERRORS = limit("share", "0.1%", step="reserve", outcome="error")
ACKNOWLEDGED = limit("acknowledged", "99.9%", step="reserve")
THROUGHPUT = limit("throughput", "2000/s", step="reserve", window="rush")
BUDGET = (P99, ERRORS, ACKNOWLEDGED, THROUGHPUT)


def judged(of: Limit, status: Status, measured: float | None, n: int, sentence: str, **more: object) -> Finding:
    """A finding of a limit."""
    bound = of.bound.value * (0.05 if of.bound.unit is Unit.RATE else 1)
    return Finding(
        name=of.name, kind=Kind.LIMIT, status=status, measured=measured, bound=bound, unit=of.bound.unit, n=n, sentence=sentence,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def invariant(name: str, status: Status, violations: int | None, n: int, sentence: str, *examples: str) -> Finding:
    """A finding of an invariant."""
    return Finding(
        name=name, kind=Kind.INVARIANT, status=status, measured=violations, bound=0, unit=Unit.COUNT, n=n, sentence=sentence,
        examples=examples,
    )  # fmt: skip


def health(name: str, status: Status, sentence: str, n: int = 63) -> Finding:
    """A finding about the run itself."""
    return Finding(name=name, kind=Kind.HEALTH, status=status, n=n, sentence=sentence)


def report(of: Manifest, findings: tuple[Finding, ...], **more: object) -> Report:
    """The run judged; the verdict is the worst of its findings."""
    fields: dict[str, object] = {
        "verdict": worst(findings), "manifest": of, "counts": VisitCounts(35_600, 35_598, 2, 0, 0),
        "steps": (step("browse", 35_600), step("reserve", 35_560, median=0.0147, refused=38, doubt=2)),
        "findings": findings, "timeline": timeline(of), "generator": generator(),
    }  # fmt: skip
    return Report(**(fields | more))  # type: ignore[arg-type]


def passing() -> Report:
    """Everything held, at a twentieth of full rates."""
    findings = (
        judged(
            P99, Status.PASS, 0.0809, 9_120, "99 of 100 reservations were answered within 80.9 ms; 500 ms were allowed.", compressed=True
        ),
        judged(ERRORS, Status.PASS, 0.0, 35_600, "0 of 35,600 reservations failed; 0.1 % were allowed."),
        judged(
            ACKNOWLEDGED, Status.PASS, 35_598 / 35_600, 35_600, "99.99 % of the persons who came were acknowledged; 99.9 % were asked for."
        ),
        judged(
            THROUGHPUT,
            Status.PASS,
            1_312.4,
            9_120,
            "1,312.4 reservations a second were served; 100.0/s were asked for (2000/s × 0.005 × 10).",
        ),
        invariant("nothing_lost", Status.PASS, 0, 35_560, "No acknowledged reservation is missing from the ledger."),
        invariant("once", Status.PASS, 0, 35_562, "Nobody has two reservations in one round."),
        invariant("gap_free", Status.NOT_CLAIMED, None, 0, "The sequence has no gap: this scenario does not claim it."),
        health("every report arrived", Status.PASS, "64 of 64 reports arrived."),
        health("every answer understood", Status.PASS, "No answer was outside the rules.", 71_200),
    )
    return report(manifest(scenario(budget=BUDGET)), findings)


def failing() -> Report:
    """An overloaded target that also lost what it had promised."""
    findings = (
        judged(P99, Status.FAIL, None, 9_120, "99 of 100 took between 1.87 s and ∞; 500 ms were allowed.", low=1.87, high=math.inf),
        judged(ERRORS, Status.PASS, 0.0004, 35_600, "0.04 % of reservations failed; 0.1 % were allowed."),
        judged(ACKNOWLEDGED, Status.UNKNOWN, 0.999, 35_600, "Between 99.88 % and 99.92 % were acknowledged.", low=0.9988, high=0.9992),
        invariant(
            "nothing_lost", Status.FAIL, 3, 31_204, "3 of 31,204 acknowledged reservations are missing from the ledger.",
            "sequence 10211, person 5f3a…, round 2022-04-01.r1", "sequence 10212, person 90bb…, round 2022-04-01.r1",
            "sequence 10213, person c41d…, round 2022-04-01.r2",
        ),
        invariant("once", Status.PASS, 0, 31_201, "Nobody has two reservations in one round."),
        health("every report arrived", Status.PASS, "64 of 64 reports arrived."),
    )  # fmt: skip
    of = manifest(scenario(budget=BUDGET), people=0.02, speed=1.0)
    steps = (step("browse", 35_600), step("reserve", 31_204, median=0.34, shed=18_220, error=14, doubt=310, unfinished=72))
    return report(of, findings, steps=steps, timeline=timeline(of, 90, overload=True), counts=VisitCounts(35_600, 35_216, 384, 0, 0))


def unknown() -> Report:
    """A generator that could not keep its schedule, and a load cut short."""
    findings = (
        judged(P99, Status.UNKNOWN, 0.412, 6_004, "4 of 6 seconds of the window are tainted: 412 ms may be the generator's own."),
        invariant("nothing_lost", Status.UNKNOWN, None, 0, "The ledger was not fetched, so nothing could be compared."),
        health("load", Status.UNKNOWN, "The load was interrupted after 31 of 63 seconds.", 31),
    )
    of = manifest(
        scenario(budget=(P99,)), ending=Ending.INTERRUPTED, why="Ctrl-C after 31 s.", elapsed=31.0, drained=33.2, workers=2,
        first_person=71_200, first=32400.0, notes=("The descriptor limit of 1,024 was raised to 65,536.",),
    )  # fmt: skip
    return report(
        of, findings, timeline=timeline(of, 31, tainted=(3, 4, 5, 6, 20)), generator=generator(31, 5, lag=4, busy=5),
        counts=VisitCounts(17_900, 17_004, 12, 884, 0),
    )  # fmt: skip


def nothing_offered() -> Report:
    """`people: 0`."""
    of = manifest(scenario(name="nobody"), people=1.0, speed=1.0, persons=0, offered={}, elapsed=0.0, drained=0.1)
    return report(
        of, (), steps=(), counts=VisitCounts(0, 0, 0, 0, 0), generator=msgspec.structs.replace(generator(0), busy=0.0, busy_peak=0.0),
        timeline=Timeline(at=(), clock=(), offered=(), due=(), outcomes={}, served=(), p50=(), p99=(), in_flight=(), tainted=()),
    )  # fmt: skip


def many_steps() -> Report:
    """Two crowds, long and hostile names, a second day, a timeline far longer than a page is wide."""
    nasty = limit("p99.9", "1s", crowd="night_swarm", step=NASTY, outcome="ok", window="the_first_minute_after_opening", of="service")
    findings = (
        judged(nasty, Status.PASS, 0.22, 812_009, f"{NASTY} stayed within 1 s."),
        invariant(NASTY, Status.FAIL, 1, 812_009, f"1 row of {NASTY} is wrong.", f"name={NASTY}"),
        invariant("draw_verifies", Status.NOT_CLAIMED, None, 0, "The draw can be verified: this scenario does not claim it."),
    )
    of = manifest(
        scenario(budget=(nasty,), resolution=Duration(1)), arm="no_waiting_room", people=1.0, speed=60.0, workers=4,
        last=136_800.0, elapsed=1740.0, drained=1741.5, persons=7_120_000, notes=(NASTY,),
    )  # fmt: skip
    names = ("browse", "reserve", "look_up", "pay", NASTY, "visit")
    steps = tuple(
        step(name, 812_009 - 1000 * number, crowd=crowd, median=0.004 * (number + 1), refused=number * 31, blocked=number)
        for crowd in ("day_shift", "night_swarm")
        for number, name in enumerate(names)
    )
    return report(
        of, findings, steps=steps, timeline=timeline(of, 1740, tainted=(900,)), generator=generator(1740, 1, turn=1),
        counts=VisitCounts(7_120_000, 7_119_999, 1, 0, 0),
    )  # fmt: skip


def drilled() -> Report:
    """An evening that was mended, with one customer's clock still running."""
    wanted = Limit(measure="recovery.service", at_most=Bound.read("60s"))
    of = manifest(scenario(name="payment_outage", budget=(wanted,), drill=drills.SPEC))
    findings = (
        judged(wanted, Status.PASS, 1.0, 9_120, "The service was well again after 1 s.", low=0.9, high=3.0, compressed=True),
        *rehearsal(drills.MENDED, drills.SPEC, (wanted,)),
    )
    return report(of, findings, recovery=drills.MENDED)


def drilled_in_vain() -> Report:
    """A drill of which next to nothing is known."""
    of = manifest(scenario(name="payment_outage", drill=drills.SPEC), arm="a")
    mark = drills.noted(NASTY)
    recovery = msgspec.structs.replace(drills.DOUBTFUL, milestones=(*drills.DOUBTFUL.milestones, mark), stability_why=NASTY)
    return report(of, tuple(rehearsal(recovery, drills.SPEC, ())), recovery=recovery)


REPORTS: Mapping[str, Callable[[], Report]] = {
    "pass": passing, "fail": failing, "unknown": unknown, "nothing_offered": nothing_offered, "many_steps": many_steps,
    "drill": drilled, "drill_in_vain": drilled_in_vain,
}  # fmt: skip


@pytest.fixture(scope="session", params=sorted(REPORTS))
def case(request: pytest.FixtureRequest) -> tuple[str, Report]:
    """Each of the reports with its name."""
    return request.param, REPORTS[request.param]()


@pytest.fixture(scope="session")
def reports() -> Mapping[str, Report]:
    """All of them by name."""
    return {name: make() for name, make in REPORTS.items()}
