"""What everything about a drill is measured on: its course, those who came, how it was before, and how far it was looked."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rushproof.drill import ClockSpec, DrillSpec
from rushproof.health import Taint, spoiled, taint
from rushproof.injection import Injection
from rushproof.pace import Pace
from rushproof.recovery.baseline import Baseline, Unsteady, baseline, bearable
from rushproof.recovery.cohort import Cohorts, cohorts
from rushproof.recovery.course import Course, course
from rushproof.recovery.looked import Rule
from rushproof.recovery.points import Points, of_readings, of_rows
from rushproof.recovery.service import Served, served
from rushproof.sample import VISIT
from rushproof.summary import Span, Summary

Rows = Sequence[Mapping[str, Any]]
"""What a query came to: each row by its columns' names"""


class Ground(NamedTuple):
    """Wall seconds since the start throughout."""

    drill: DrillSpec
    summary: Summary
    pace: Pace
    course: Course
    cohort: Cohorts
    """the intents that the service clock is told by"""
    before: tuple[float, float]
    """the time in which all was as it should be"""
    baseline: Baseline | Unsteady
    end: float
    """up to where it is looked, from the last mend on"""
    tainted: Taint
    readings: Mapping[str, NDArray[Any]]
    series: Mapping[str, Rows | str]

    def span(self, begin: float, end: float) -> Span:
        """The whole journal buckets between two wall seconds."""
        resolution = self.cohort.resolution
        first, last = math.ceil(begin / resolution - 1e-6), math.floor(end / resolution + 1e-6)
        first = min(max(first, 0), self.cohort.size)
        return Span(first, max(min(last, self.cohort.size), first))

    def tried(self) -> Cohorts:
        """The intents of which tries are counted: the service clock's own, or those of all steps of whole visits."""
        service = self.drill.service
        return cohorts(self.summary, None, float(service.within), service.crowd) if service.step == VISIT else self.cohort

    def served(self) -> Served | str:
        """What the service clock found, or one sentence why it could not look."""
        if self.course.injected is None or self.course.mended is None:
            return self.course.why
        if isinstance(self.baseline, Unsteady):
            return self.baseline.why
        return served(self.cohort, self.baseline, Rule.of(self.drill.service), self.course.mended.confirmed, self.end)

    def doubts(self, begin: float, end: float) -> str:
        """Why no figure of a time can be believed; empty where it can."""
        resolution = self.summary.resolution
        return spoiled(self.tainted, self.summary, Span(math.floor(begin / resolution), math.ceil(end / resolution - 1e-6)))

    def faltered(self, begin: float, end: float) -> str:
        """Why no moment up to `end` can be told, however many seconds are borne elsewhere: each moves it; empty where it can."""
        found = self.tainted.among(np.arange(math.floor(begin), math.ceil(end - 1e-6)))
        many = "1 wall second" if len(found) == 1 else f"{len(found)} wall seconds"
        return f"the generator cannot vouch for {many} between the mend and then ({self.tainted.told(found)})" if found else ""

    def points(self, spec: ClockSpec) -> Points | str:
        """What a clock of the drill looks at, in that clock's time; one sentence where there is nothing."""
        wall = spec.time == "wall"
        if spec.query is not None:
            rows = self.series.get(spec.query, f"the query {spec.query} was not asked")
            if isinstance(rows, str):
                return rows
            until = max(self.summary.elapsed, self.summary.manifest.drained)
            return of_rows(rows, self.pace.wall if wall else float, until if wall else self.pace.at(until))
        if spec.probe is None:
            return "it names neither a query nor a probe"
        readings = self.readings.get(spec.probe)
        return f"the probe {spec.probe} has no readings" if readings is None else of_readings(readings, float if wall else self.pace.at)


def ground_of(
    drill: DrillSpec,
    summary: Summary,
    injections: Sequence[Injection],
    readings: Mapping[str, NDArray[Any]],
    series: Mapping[str, Rows | str],
) -> Ground:
    """The ground of a run with this drill."""
    pace, tainted = summary.manifest.pace, taint(summary)
    of = course(drill.faults, injections, summary.elapsed)
    cohort = cohorts(summary, drill.service.step, float(drill.service.within), drill.service.crowd)
    before = _before(drill, summary, of)
    base = baseline(cohort, *before, float(drill.service.drop), bearable(drill.service))
    if isinstance(base, Baseline) and (doubts := spoiled(tainted, summary, Span(base.first, base.last))):
        base = Unsteady(f"in the baseline {doubts}", base.asked)
    return Ground(drill, summary, pace, of, cohort, before, base, _end(summary, of), tainted, readings, series)


def _before(drill: DrillSpec, summary: Summary, of: Course) -> tuple[float, float]:
    injected = of.injected.asked if of.injected is not None else summary.elapsed
    warm = summary.warm * summary.resolution
    if drill.baseline is None:
        return warm, injected
    timetable, pace = summary.manifest.scenario.timetable, summary.manifest.pace
    first, last = (pace.wall(timetable.at(moment)) for moment in (drill.baseline.first, drill.baseline.last))
    return max(first, warm), min(last, injected)


def _end(summary: Summary, of: Course) -> float:
    """While arrivals come, and scenario time goes as fast as it went when all was mended: at another speed it is another load."""
    if of.mended is None:
        return summary.elapsed
    pace = summary.manifest.pace
    here = next(iter(pace.pieces(pace.at(of.mended.confirmed), math.inf)), None)
    return min(summary.elapsed, pace.wall(here.last)) if here is not None and math.isfinite(here.last) else summary.elapsed
