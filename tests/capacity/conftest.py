import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for `queues`, which the tests of this folder share

import pytest

from rushproof.budget import Limit
from rushproof.capacity import Capacity, Exhausted, Law, Rung
from rushproof.manifest import Ending, Machine, Manifest
from rushproof.quantity import Bound, Unit
from rushproof.report import Generator, Report, StepReport, Timeline, VisitCounts
from rushproof.scenario_file import read_scenario
from rushproof.verdict import Finding, Kind, Status, worst

TEXT = """
about: A rung
target: {url: "http://127.0.0.1:1"}
timetable: {from: "09:00", to: "09:00:10"}
crowds: {people: {persona: daily_reserver, arrivals: {shape: steady, from: "09:00", for: 10s, rate: 100/s}}}
"""
P99 = Limit("p99", step="reserve", outcome="ok", at_most=Bound.read("500ms"))


@pytest.fixture
def judged():
    """The report of a rung of ten seconds at 100/s, with one line, one invariant and one health check of the statuses given."""

    def made(p99=Status.PASS, kept=Status.PASS, health=Status.PASS, measured=0.1, **more):
        import msgspec

        scenario = msgspec.structs.replace(read_scenario(TEXT, "rung.yaml", "rung").scenario, budget=(P99,), **more)
        findings = (
            Finding(
                name=P99.name, kind=Kind.LIMIT, status=p99, sentence="The p99.", measured=measured, bound=0.5, unit=Unit.SECONDS, n=1000
            ),
            Finding(
                name="acknowledged_is_kept", kind=Kind.INVARIANT, status=kept, sentence="Kept.", measured=0, bound=0, unit=Unit.COUNT, n=990
            ),
            Finding(name="the generator kept its schedule", kind=Kind.HEALTH, status=health, sentence="Its seconds.", n=10),
        )
        at = tuple(float(second) for second in range(10))
        steady, none = (100.0,) * 10, (None,) * 10
        return Report(
            verdict=worst(findings),
            manifest=Manifest(
                run="20261122-090000-ab12",
                scenario=scenario,
                seed=1,
                people=1.0,
                speed=1.0,
                first=32400.0,
                last=32410.0,
                start=1_795_338_000.0,
                elapsed=10.0,
                drained=10.2,
                ending=Ending.COMPLETE,
                versions={"rushproof": "0.1.0"},
                machine=Machine("Linux", "3.11", 2, 2**33),
            ),
            counts=VisitCounts(1000, 1000, 0, 0, 0),
            steps=tuple(
                StepReport(crowd="people", step=step, counts={"ok": 1000}, intents={"ok": 1000}, distributions={})
                for step in ("reserve", "visit")
            ),
            findings=findings,
            timeline=Timeline(
                at=at,
                clock=("09:00:00",) * 10,
                offered=steady,
                due=steady,
                outcomes={"ok": steady},
                served=steady,
                p50=none,
                p99=none,
                in_flight=(1,) * 10,
                tainted=(False,) * 10,
            ),
            generator=Generator(
                workers=1,
                cores=2,
                busy=0.3,
                busy_peak=0.4,
                lag_p99=0.001,
                turn=0.01,
                memory=2**27,
                seconds=10,
                tainted_seconds=0,
                reasons={},
            ),
        )

    return made


@pytest.fixture
def rung():
    """A rung that held."""

    def made(rate, number=1, status=Status.PASS, **more):
        facts = {
            "number": number,
            "folder": f"rung-{number:02d}",
            "rate": rate,
            "status": status,
            "sure": True,
            "why": "every line was kept beyond doubt after 6 s",
            "seconds": 6.0,
            "served": rate,
            "p50": 0.012,
            "p99": 0.08,
            "concurrency": rate * 0.02,
            "busy": 0.4,
            "tainted": 0,
            "acknowledged": 990,
        }
        return Rung(**{**facts, **more})

    return made


@pytest.fixture
def capacity(rung):
    """3,150/s held and 3,280/s did not, of 2,000/s forecast."""

    def made(**more):
        limit = more.get("limit", 3150.0)
        facts = {
            "scenario": "rung",
            "about": "A rung",
            "started": 1_795_338_000.0,
            "status": Status.PASS,
            "sentence": "3,150/s held the budget, 3,280/s did not. The forecast is 2,000/s: 57 % headroom.",
            "limit": limit,
            "beyond": 3280.0,
            "found": True,
            "forecast": 2000.0,
            "headroom": limit / 2000 - 1,
            "given": True,
            "budget": (P99.name,),
            "left_out": ("throughput reserve ≥ 90/s",),
            "first": Exhausted("pool", 3280.0, 0.97, 0.95),
            "gave": "First to give: pool, which reached 0.97 (full at 0.95) at 3,280/s.",
            "law": Law(gamma=480.0, alpha=0.11, beta=0.0001, best=94.0, highest=3900.0, residual=0.04, rungs=4),
            "rungs": (
                rung(3150.0, 1),
                rung(3280.0, 2, Status.FAIL, sure=False, why="p99 reserve was 0.6 s", limit=P99.name, p99=0.6, tainted=1),
            ),
            "within": 0.05,
            "shortest": 6.0,
            "longest": 20.0,
            "spacing": "poisson",
            "notes": ("every crowd keeps its share of the visits",),
            "again": "rushproof capacity rung --forecast 2000/s",
        }
        return Capacity(**{**facts, **more})

    return made
