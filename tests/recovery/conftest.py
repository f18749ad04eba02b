"""Drills by hand: a run of which every second is told, and what was switched in it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from rushproof.arrivals import Steady
from rushproof.clocks import Recovery
from rushproof.drill import DrillSpec, ServiceSpec
from rushproof.faults import SwitchFault
from rushproof.frame import CELL, Visits
from rushproof.histogram import bucket
from rushproof.injection import Injection, Mark
from rushproof.manifest import Ending, Machine, Manifest
from rushproof.quantity import Count, Duration, Rate
from rushproof.recorded import COUNTED, HEALTH, READING, Recorded
from rushproof.recovery.whole import recovery_of
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.scenario import CrowdSpec, GeneratorSpec, Scenario, TargetSpec
from rushproof.summary import Summary
from rushproof.timetable import Moment, Stretch, Timetable

STEPS = (("winners", "pay"), ("winners", "browse"), ("winners", VISIT))
INJECTED, MENDED = 120.0, 180.0


class Drill:
    """Eight minutes at 21:00, at speed 10: a fault from the second 120 to 180, and what each second's intents came to."""

    def __init__(self) -> None:
        self.size = 480
        self.cells: list[tuple[Any, ...]] = []
        self.tainted: set[int] = set()
        self.generator = GeneratorSpec()
        self.spec: dict[str, Any] = {}
        self.manifest: dict[str, Any] = {}
        self.stretches: tuple[Stretch, ...] = ()
        self.marks: tuple[Mark, ...] = ()
        self.readings: dict[str, Any] = {}
        self.series: dict[str, Any] = {}
        self.injections: tuple[Injection, ...] = (
            Injection(fault="outage", what="inject", due=INJECTED, asked=INJECTED, confirmed=INJECTED + 0.02),
            Injection(fault="outage", what="mend", due=MENDED, asked=MENDED - 0.03, confirmed=MENDED),
        )

    def second(self, at: int, good: int, bad: int = 0, *, took: float = 0.2, tries: int = 1, step: int = 0) -> None:
        """What became of those who were due in a second, and how long the good ones took."""
        for outcome, many in ((Outcome.OK, good), (Outcome.ERROR, bad)):
            if many:
                place = int(bucket(np.array([took]))[0])
                self.cells.append((at, step, outcome, Distribution.INTENT, place, many))
                self.cells.append((at, step, outcome, Distribution.RESPONSE, place, many * tries))

    def told(self, share: Callable[[int], float], rate: int = 100, tries: Callable[[int], int] = lambda at: 1) -> None:
        """Every second, with the share of good ones that a function has for it."""
        for at in range(self.size):
            good = round(rate * share(at))
            self.second(at, good, rate - good, tries=tries(at))
            self.second(at, 50, step=1)

    def probe(self, name: str, readings: Mapping[float, float]) -> None:
        """What a probe read at wall seconds."""
        rows = np.empty(len(readings), READING)
        rows["at"], rows["value"] = list(readings), list(readings.values())
        self.readings[name] = rows

    def recovery(self) -> Recovery:
        """What is computed of it."""
        manifest, recorded = self._manifest(), self._recorded()
        summary = Summary.of(manifest, recorded)
        drill = manifest.scenario.drill
        assert drill is not None
        return recovery_of(drill, summary, self.injections, self.marks, self.readings, self.series)

    def _recorded(self) -> Recorded:
        cells = np.array(self.cells, CELL)
        wide = np.empty(len(cells), COUNTED)
        for name in COUNTED.names or ():
            wide[name] = cells[name]
        health = np.zeros(self.size, HEALTH)
        health["at"], health["busy"], health["due"], health["lag_p99"] = np.arange(self.size), 0.3, 150, 0.001
        health["turn"][list(self.tainted)] = 1.0
        return Recorded(steps=STEPS, cells=wide, health=health, until=float(self.size), visits={"winners": Visits(1, 1)})

    def _manifest(self) -> Manifest:
        first, last = Moment.read("21:00"), Moment.read("22:20")
        crowd = CrowdSpec(persona="winner", arrivals=Steady(first=first, length=Duration(4800), rate=Rate(15)), people=Count(72_000))
        fault = SwitchFault(at=Moment.read("21:20"), lasting=Duration(600), path="/faults/outages")
        drill = {"faults": {"outage": fault}, "service": ServiceSpec(step="pay")}
        scenario = Scenario(
            name="hand", about="By hand.", target=TargetSpec(url="http://127.0.0.1:1"), crowds={"winners": crowd},
            timetable=Timetable(first=first, last=last, stretches=self.stretches), generator=self.generator,
            drill=DrillSpec(**(drill | self.spec)),
        )  # fmt: skip
        fields: dict[str, Any] = {
            "run": "20261122-210000-ab12", "scenario": scenario, "seed": 7, "people": 1.0, "speed": 10.0, "first": 75_600.0,
            "last": 80_400.0, "start": 1_795_338_000.0, "elapsed": float(self.size), "drained": float(self.size), "ending": Ending.COMPLETE,
            "machine": Machine("Linux", "3.11", 2, 2**33),
        }  # fmt: skip
        return Manifest(**(fields | self.manifest))


@pytest.fixture
def drill() -> Drill:
    return Drill()
