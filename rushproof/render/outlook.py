"""What `rushproof plan` prints: a run foreseen, in a hundred columns."""

from collections.abc import Iterable

from rushproof.foresight import Doubt
from rushproof.needs import Needs
from rushproof.outlook import CrowdOutlook, Outlook, Part
from rushproof.quantity import Unit, show
from rushproof.render import factors
from rushproof.render.grid import WIDTH, Heading, paragraph, table
from rushproof.render.plain import visible
from rushproof.render.playbill import drill

_BARS = "▁▂▃▄▅▆▇█"
_WEIGHTS = {"unknown": "UNKNOWN", "broken": "BROKEN", "thin": "THIN"}
_LEGEND = "UNKNOWN: it cannot be judged.  BROKEN: it cannot be kept.  THIN: it will be judged, on too little."
_RATES: tuple[Heading, ...] = (
    ("from", "left"), ("to", "left"), ("visits", "right"), ("mean", "right"), ("peak", "right"),
    ("mean at full size", "right"), ("peak", "right"),
)  # fmt: skip
_CROWDS: tuple[Heading, ...] = (
    ("crowd", "left"), ("people", "right"), ("visits", "right"), ("steps", "left"), ("promising", "left"),
)  # fmt: skip


def render(outlook: Outlook) -> bytes:
    """The outlook as plain text, UTF-8."""
    sections = (
        _top(outlook),
        _people(outlook),
        _rates(outlook),
        drill(outlook.scenario, outlook.pace),
        _volume(outlook),
        _machine(outlook),
        _factors(outlook),
        _doubts(outlook),
    )
    return ("\n\n".join(section for section in sections if section) + "\n").encode()


def doubt(one: Doubt) -> str:
    """One doubt in two lines or more: its weight and finding, and why."""
    head = paragraph(f"{_WEIGHTS[one.weight]:8} {one.finding}", hang=" " * 9)
    return f"{head}\n{paragraph(f'{one.why[0].upper()}{one.why[1:]}.', indent=' ' * 11)}"


def size(amount: float) -> str:
    """Bytes as people say them: `1.2 GB`."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if amount >= unit:
            return f"{amount / unit:.3g} {name}"
    return f"{amount:.0f} bytes"


def _top(outlook: Outlook) -> str:
    scenario = outlook.scenario
    clock = scenario.timetable.clock
    took = f"{show(outlook.wall, Unit.SECONDS)} on the wall, and at most {show(scenario.drain, Unit.SECONDS)} of draining"
    warm_up = f"; the first {show(scenario.warm_up, Unit.SECONDS)} are warm-up, which is not judged" if scenario.warm_up else ""
    return "\n".join([
        visible(f"Plan of {scenario.name}: {scenario.about}"),
        "═" * WIDTH,
        paragraph(f"{clock(outlook.first)} to {clock(outlook.last)}: {took}{warm_up}. Nothing was sent."),
    ])  # fmt: skip


def _people(outlook: Outlook) -> str:
    rows = [_crowd(crowd) for crowd in outlook.crowds]
    return f"People\n{table(_CROWDS, rows, wrap=3)}\n{paragraph(_taken(outlook))}"


def _crowd(crowd: CrowdOutlook) -> tuple[str, ...]:
    if crowd.users is not None:
        return (crowd.crowd, f"{crowd.users:,} users", "–", "in a closed loop: what they ask for depends on the answers", "–")
    people = f"{crowd.people:,}" + (f" of {crowd.of}" if crowd.of else "")
    return (crowd.crowd, people, f"{crowd.visits:,}", ", ".join(crowd.steps), ", ".join(crowd.promising) or "–")


def _taken(outlook: Outlook) -> str:
    people = outlook.people
    said = f"{outlook.persons:,} people are taken"
    if people.known is None:
        return f"{said} of {people.source}; how many there are is not known."
    left = people.known - people.used - outlook.persons
    used = f", of which {people.used:,} are used up" if people.used else ""
    runs = f"enough for {left // outlook.persons:,} more such runs" if outlook.persons else "nobody comes"
    kept = f"{left:,} are left, {runs}" if left >= 0 else f"{-left:,} too few"
    return f"{said} of the {people.known:,} in {people.source}{used}: {kept}."


def _rates(outlook: Outlook) -> str:
    if not outlook.visits:
        return "Visits a second\n  nobody is due at any time"
    lines = [
        "Visits a second",
        "  " + _curve(outlook.curve),
        "",
        table(_RATES, [_part(outlook, part) for part in outlook.rates]),
    ]
    if outlook.windows:
        named: tuple[Heading, ...] = (("window", "left"), *_RATES)
        lines += ["", table(named, [(part.name, *_part(outlook, part)) for part in outlook.windows])]
    if outlook.scenario.forecast is not None:
        full = max(part.peak / (outlook.scale * (part.speed or 1.0)) for part in outlook.rates)
        lines.append(paragraph(_forecast(outlook.scenario.forecast, full)))
    return "\n".join(lines)


def _forecast(forecast: float, peak: float) -> str:
    """The busiest second beside what is expected at the worst."""
    times = f", which is {peak / forecast:.2g} × that" if forecast else ""
    return f"Forecast are {show(forecast, Unit.RATE)} at full size; the busiest second here is {show(peak, Unit.RATE)}{times}."


def _part(outlook: Outlook, part: Part) -> tuple[str, ...]:
    clock = outlook.scenario.timetable.clock
    rates = [show(rate, Unit.RATE) for rate in (part.mean, part.peak)]
    factor = outlook.scale * part.speed if part.speed is not None else 0.0
    full = [show(rate / factor, Unit.RATE) if factor else "–" for rate in (part.mean, part.peak)]
    return (clock(part.first), clock(part.last), f"{part.visits:,}", *rates, *full)


def _curve(heights: Iterable[float]) -> str:
    columns = list(heights)
    highest = max(columns, default=0.0)
    return "".join(" " if not each else _BARS[min(int(each / highest * len(_BARS)), len(_BARS) - 1)] for each in columns)


def _volume(outlook: Outlook) -> str:
    taken, attempts = outlook.needs, outlook.attempts
    parts = f"{size(taken.attempts)} attempts, {size(taken.histograms)} histograms, {size(taken.frames)} the rest"
    lines = [
        f"{outlook.requests:,} requests, if every visit takes each of its steps once; loops and second tries are more",
        f"{attempts:,} attempts of promising steps, and as many rows of a ledger if each is kept",
        f"{size(taken.attempts + taken.histograms + taken.frames)} of journal ({parts}), {size(taken.entries)} of ledger",
    ]
    return "\n".join(["Requests and rows, about", *(paragraph(line, hang="  ") for line in lines)])


def _machine(outlook: Outlook) -> str:
    taken, here = outlook.needs, outlook.needs.here
    room = "no limit" if here.descriptors is None else f"{here.descriptors:,}"
    lines = [
        f"{taken.connections:,} connections at most, {taken.descriptors:,} descriptors a worker (here at most {room})"
        f"{_short(here.descriptors is not None and taken.descriptors > here.descriptors)}",
        f"{taken.ports:,} local ports, those kept back for a minute included (here {here.ports:,} a source address)"
        f"{_short(taken.ports > here.ports)}",
        f"{size(taken.each_second)} of memory for every second that a visit of the busiest second lasts, {size(taken.at_most)} if nobody "
        f"ever left (here {size(here.memory)}){_short(taken.at_most > here.memory)}",
        _cores(taken, outlook),
    ]
    return "\n".join(["The machine", *(paragraph(line, hang="  ") for line in lines)])


def _cores(taken: Needs, outlook: Outlook) -> str:
    peak = f"the busiest second brings {outlook.peak:,} visits"
    if taken.load is None:
        return f"{peak}; how many cores that takes was not measured for such connections"
    if not taken.measured:
        return f"{peak}; what ordinary Locust users take was not measured"
    workers = max(1, -int(-taken.load // 1))
    given = f"{outlook.workers} {'is' if outlook.workers == 1 else 'are'} planned, and here are {taken.here.cores} cores"
    return (
        f"{peak}, {taken.load:.2g} of one worker's core and so {workers} {'worker' if workers == 1 else 'workers'}, by what the machine of "
        f"docs/figures.md sustained ({', '.join(taken.measured)}); {given}{_short(workers > outlook.workers)}"
    )


def _short(wanting: bool) -> str:
    return " – TOO FEW" if wanting else ""


def _factors(outlook: Outlook) -> str:
    time = factors.of_pace(outlook.scenario.timetable, outlook.speed, outlook.first, outlook.last)
    speed = outlook.pace.speed(outlook.first, outlook.last)
    lines = [factors.of_people(outlook.scale, "comes"), time, factors.of_rates(outlook.scale, speed)]
    kept = [paragraph(line, hang="  ") for line in factors.of_compression(speed)]
    lines += filter(None, [factors.beside(outlook.scenario)])
    return "\n".join(["Factors", *map(paragraph, lines), *kept])


def _doubts(outlook: Outlook) -> str:
    if not outlook.doubts:
        return "Findings\n  Nothing speaks against any of them beforehand."
    order = list(_WEIGHTS)
    told = sorted(outlook.doubts, key=lambda one: order.index(one.weight))
    return "\n".join(["Findings that are settled or worth little beforehand", *map(doubt, told), paragraph(_LEGEND)])
