"""What a launch page says, as rows and sentences that its Markdown and its HTML share."""

import shlex
from collections.abc import Iterator

import msgspec

from rushproof.capacity import Capacity, per_second, percent
from rushproof.launch import Evidence, Launch
from rushproof.render import factors
from rushproof.render.capacity import interval, notes, room
from rushproof.render.certificate import sentence as vouched
from rushproof.render.headline import NOTHING, Figure, bound, measured, ordered
from rushproof.verdict import Finding, Kind, Status

LINES = ("", "budget", "of")
INVARIANTS = ("", "invariant", "of")
FINDINGS: tuple[str, str, str] = ("measured", "bound", "looked at")


class Row(msgspec.Struct, frozen=True):
    """A finding of one run, and how the page calls the run."""

    finding: Finding
    whose: str

    @property
    def cells(self) -> tuple[str, str, str]:
        """measured, bound, looked at."""
        return measured(self.finding), bound(self.finding), f"{self.finding.n:,}"


def figures(launch: Launch) -> tuple[Figure, Figure, Figure]:
    """The forecast, the limit, and what is between them."""
    source = "visits a second, as given" if launch.given else "visits a second: the timetable's worst"
    forecast = Figure(per_second(launch.forecast), "forecast", source)
    capacity = launch.capacity
    if capacity is None:
        ran = Figure(per_second(launch.ran), "came at the most", "no limit was searched for")
        return forecast, ran, Figure(NOTHING, "headroom", "the limit is not known")
    word = "limit" if capacity.found else "held at least"
    limit = NOTHING if capacity.limit is None else per_second(capacity.limit)
    headroom = capacity.limit / launch.forecast - 1 if capacity.limit is not None and launch.forecast else None
    of_page = msgspec.structs.replace(capacity, headroom=headroom)
    return forecast, Figure(limit, word, f"between {interval(capacity)}"), Figure(room(of_page), "headroom", "limit ÷ forecast − 1")


def called(each: Evidence) -> str:
    """How the page calls a run: its folder, and at which rate where it is a rung."""
    if each.capacity is not None and each.capacity.limit is not None:
        return f"{each.folder} at {per_second(each.capacity.limit)}"
    return each.folder


def lines(launch: Launch) -> tuple[Row, ...]:
    """Every line of every budget, run by run."""
    return tuple(_of(launch, Kind.LIMIT))


def invariants(launch: Launch) -> tuple[Row, ...]:
    """Every claimed invariant once: the worst that any run says of it, and how much all of them looked at."""
    by_name: dict[str, list[Row]] = {}
    for row in _of(launch, Kind.INVARIANT):
        if row.finding.status is not Status.NOT_CLAIMED:
            by_name.setdefault(row.finding.name, []).append(row)
    together = [_together(rows) for rows in by_name.values()]
    places = {finding.name: place for place, finding in enumerate(ordered(row.finding for row in together))}
    return tuple(sorted(together, key=lambda row: places[row.finding.name]))


def _together(rows: list[Row]) -> Row:
    worst = ordered(row.finding for row in rows)[0]
    seen = sum(row.finding.n for row in rows)
    violations = sum(row.finding.measured or 0.0 for row in rows)
    finding = msgspec.structs.replace(worst, n=seen, measured=violations if worst.measured is not None else None)
    return Row(finding, rows[0].whose if len(rows) == 1 else f"{len(rows)} runs")


def unclaimed(launch: Launch) -> str:
    """The invariants that nobody claims, in one sentence; empty where there are none."""
    claimed = {row.finding.name for row in invariants(launch)}
    names = dict.fromkeys(row.finding.name for row in _of(launch, Kind.INVARIANT) if row.finding.name not in claimed)
    return f"Not claimed, and so not looked at: {', '.join(names)}." if names else ""


def _of(launch: Launch, kind: Kind) -> Iterator[Row]:
    for each in launch.evidence:
        if each.report is not None:
            yield from (Row(finding, called(each)) for finding in ordered(each.report.findings) if finding.kind is kind)


def gives(launch: Launch) -> str:
    """What gives first, in one sentence; empty where no limit was searched for."""
    return launch.capacity.gave if launch.capacity is not None else ""


def certificates(launch: Launch) -> tuple[str, ...]:
    """What the generator says of itself, run by run."""
    told = [f"{called(each)}: {vouched(each.report)}" for each in launch.evidence if each.report is not None]
    for each in launch.evidence:
        if each.capacity is not None:
            told += _busiest(each.folder, each.capacity)
    return tuple(told)


def _busiest(folder: str, capacity: Capacity) -> list[str]:
    held = [rung for rung in capacity.rungs if rung.status is Status.PASS]
    if not held:
        return []
    tainted = sum(rung.tainted for rung in held)
    core = max(rung.busy for rung in held)
    rungs = f"{len(held)} rungs" if len(held) > 1 else "one rung"
    return [f"{folder}: on the {rungs} that held, its core was taken to {percent(core)} at the most, and {tainted} seconds are tainted."]


def assumptions(launch: Launch) -> tuple[str, ...]:
    """Factors of the runs, and what the limit rests on."""
    told: list[str] = []
    for each in launch.evidence:
        if each.capacity is not None:
            told += [f"{each.folder}: {note}" for note in notes(each.capacity)]
        elif each.report is not None:
            told.append(f"{each.folder}: {factors.span(each.report)}; {factors.scale(each.report)}; {factors.speed(each.report)}")
            if factors.compressed(each.report):
                told.append(f"{each.folder}: {factors.LOSES}")
            told += [f"{each.folder}: {note}" for note in each.report.manifest.notes]
    return tuple(told)


def again(launch: Launch) -> tuple[str, ...]:
    """The commands that make the same again, and this page of what they leave."""
    commands = []
    for each in launch.evidence:
        if each.capacity is not None:
            commands.append(each.capacity.again)
        elif each.report is not None:
            commands.append(factors.again(each.report))
    return (*commands, shlex.join(["rushproof", "report", "--go-no-go", *(each.folder for each in launch.evidence)]))


def identity(launch: Launch) -> str:
    """Which scenarios, labels and versions, in one line."""
    names, labels, versions = dict[str, None](), dict[str, str](), dict[str, str]()
    for each in launch.evidence:
        if each.report is not None:
            names[each.report.manifest.scenario.name] = None
            labels |= each.report.manifest.labels
            versions |= each.report.manifest.versions
        elif each.capacity is not None:
            names[each.capacity.scenario] = None
    parts = [", ".join(names), *(f"{name} {value}" for name, value in labels.items())]
    parts += [f"rushproof {versions['rushproof']}"] if "rushproof" in versions else []
    return " · ".join(parts)
