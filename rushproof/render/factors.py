"""Scale and speed: what the run's two factors did to its figures, and how the same run is made again."""

import shlex

from rushproof.pace import JUMP
from rushproof.quantity import Unit, show
from rushproof.report import Report
from rushproof.scenario import Scenario
from rushproof.timetable import Timetable

KEEPS = "Kept: arrivals per wall second, outcomes, and every invariant."
LOSES = (
    "Lost: queues that overload builds, and how long people wait in them, shrink by the speed. Latency, shed and go or no-go figures carry "
    "over to speed 1 only where the target's utilisation stayed under 0.8 throughout; elsewhere they say `compressed`."
)
FULL_SPEED = "Speed 1: one wall second is one second of the scenario, so waits and queues are as long as they would be."


def scale(report: Report) -> str:
    """The people factor in words."""
    return of_people(report.manifest.people, "came")


def speed(report: Report) -> str:
    """The time factor in words."""
    manifest = report.manifest
    return of_pace(manifest.scenario.timetable, manifest.speed, manifest.first, manifest.last)


def rates(report: Report) -> str:
    """What the two do to rates."""
    return of_rates(report.manifest.people, _speed(report))


def caveats(report: Report) -> tuple[str, ...]:
    """What the speed keeps and what it loses."""
    return of_compression(_speed(report))


def of_people(factor: float, come: str) -> str:
    """A people factor in words; `come` as the tense has it."""
    return f"everybody {come} (scale 1)" if factor == 1 else f"{show(factor, Unit.SHARE)} of the people (scale {factor:g})"


def of_time(factor: float) -> str:
    """A time factor in words."""
    return "real time (speed 1)" if factor == 1 else f"{factor:g} seconds of the scenario in each wall second (speed {factor:g})"


def of_pace(timetable: Timetable, speed: float, first: float, last: float) -> str:
    """The time factors of a part of the timetable in words, stretch by stretch where there are any."""
    pace = timetable.pace(speed, first)
    if (one := pace.speed(first, last)) is not None:
        return of_time(one)
    how = {JUMP: "left out by a jump"}
    told = [
        f"{timetable.clock(piece.first)} to {timetable.clock(piece.last)} {how.get(piece.speed, f'at {piece.speed:g}')}"
        for piece in pace.pieces(first, last)
    ]
    return f"seconds of the scenario in each wall second, by stretches: {', '.join(told)}"


def of_rates(people: float, speed: float | None) -> str:
    """What the two factors do to rates; `speed` is None where stretches have several."""
    if speed is None:
        return f"rates are those of the scenario × {people:g} × the speed of their stretch, and so are their bounds"
    factor = people * speed
    if factor == 1:
        return "rates are those of the scenario as written"
    return f"rates are those of the scenario × {people:g} × {speed:g} = × {factor:g}, and so are their bounds"


def of_compression(speed: float | None) -> tuple[str, ...]:
    """What a speed, or several, keep and what they lose."""
    return (FULL_SPEED,) if speed == 1 else (KEEPS, LOSES)


def span(report: Report) -> str:
    """The part of the scenario's day that was run, and how long that took on the wall."""
    manifest = report.manifest
    clock = manifest.scenario.timetable.clock
    return f"{clock(manifest.first)} to {clock(manifest.last)}, in {show(manifest.elapsed, Unit.SECONDS)} on the wall"


def beside(scenario: Scenario) -> str:
    """What runs beside the target; empty where nothing does."""
    names = list(scenario.target.beside)
    return f"started beside the target: {', '.join(names)}" if names else ""


def warm_up(report: Report) -> str:
    """What is said of a warm-up; empty where there was none."""
    wall = float(report.manifest.scenario.warm_up)
    if not wall:
        return ""
    return (
        f"the first {show(wall, Unit.SECONDS)} of wall time were a warm-up: counted and shown, but no limit or health check looks at them"
    )


def labels(report: Report) -> str:
    """`build=2026.11.3 · by=ci`; empty where the run was not labelled."""
    return " · ".join(f"{name}={value}" for name, value in sorted(report.manifest.labels.items()))


def again(report: Report) -> str:
    """The command that makes the same run: the same persons at the same due times."""
    manifest = report.manifest
    timetable = manifest.scenario.timetable
    words = ["rushproof", "run", manifest.asked or manifest.scenario.name]
    words += ["--arms", manifest.arm] if manifest.arm else []
    words += ["--seed", str(manifest.seed), "--scale", f"{manifest.people:g}", "--speed", f"{manifest.speed:g}"]
    if manifest.first != timetable.begin:
        words += ["--from", timetable.clock(manifest.first)]
    if manifest.last != timetable.end:
        words += ["--to", timetable.clock(manifest.last)]
    if manifest.workers != 1:
        words += ["--workers", str(manifest.workers)]
    if manifest.first_person == 0:
        words += ["--same-people"]
    return shlex.join(words)


def promise(report: Report) -> str:
    """What the command makes again, and what it does not."""
    first = report.manifest.first_person
    if first == 0:
        return "With the scenario as it stands in run.json, the same persons come at the same due times."
    if file := _file(report):
        return (
            f"With the scenario as it stands in run.json, the due times are the same. This run took the persons from row {first + 1:,} "
            f"of {file} on, because earlier runs had taken those before them; a new run takes others again."
        )
    return (
        f"With the scenario as it stands in run.json, the due times are the same. This run took the persons from number {first:,} on, "
        "because earlier runs of that day had taken those before them; a new run takes others again."
    )


def people(report: Report) -> str:
    """Which rows of the population came."""
    manifest = report.manifest
    if not manifest.persons:
        return "nobody"
    if file := _file(report):
        first = manifest.first_person
        return f"{manifest.persons:,} persons, rows {first + 1:,} to {first + manifest.persons:,} of {file}"
    return f"{manifest.persons:,} persons, from number {manifest.first_person:,} of the population as the seed shuffles it"


def compressed(report: Report) -> bool:
    """Whether any of it was run at a speed other than 1."""
    return _speed(report) != 1


def _speed(report: Report) -> float | None:
    """The one speed of the run; None where there were several."""
    return report.manifest.pace.speed(report.manifest.first, report.manifest.last)


def _file(report: Report) -> str | None:
    """The file that the persons were read from."""
    spec = report.manifest.scenario.persons
    return None if spec is None else spec.file
