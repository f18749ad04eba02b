"""Whether a drill can be meant: faults that fit into the run and do not get into each other's way, on somebody who is there."""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from rushproof.document import Path
from rushproof.drill import AnyFault, ClockSpec, DrillSpec
from rushproof.errors import nearest
from rushproof.faults import CommandFault, NetworkFault, ProcessFault, SwitchFault
from rushproof.faults.toxic import mistake
from rushproof.pace import JUMP, Piece
from rushproof.sample import VISIT
from rushproof.scenario import Scenario
from rushproof.timetable import Timetable

Mistakes = Iterator[tuple[Path, str]]

TARGET = "target"
"""how a fault names the target itself"""
CLOCKS = ("backlog", "ledger", "customer")
_HERE = ("localhost", "127.0.0.1", "::1")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_INSTEAD = "a webhook's address is a secret: write ${env:NAME} or ${file:PATH} and keep it out of the scenario"


def drill_mistakes(scenario: Scenario) -> Mistakes:
    """Each place of the drill that contradicts itself, the timetable or the target."""
    drill = scenario.drill
    if drill is None:
        return
    if not drill.faults:
        yield ("drill", "faults"), "expected at least one fault, found none"
    for name, fault in drill.faults.items():
        path = ("drill", "faults", name)
        if not _NAME.fullmatch(name):
            yield path, f"expected a name of small letters, digits and underscores, found {name!r}"
        yield from _who(fault, scenario, path)
        yield from _words(fault, path)
    late = [mistake for name, fault in drill.faults.items() for mistake in _when(fault, scenario.timetable, ("drill", "faults", name))]
    yield from late
    if not late and drill.faults:
        yield from _overlaps(drill, scenario.timetable)
        yield from _baseline(drill, scenario.timetable)
    yield from _service(drill)
    yield from _clocks(drill, scenario)
    yield from _told(drill)


def drill_unknown(scenario: Scenario, steps: Mapping[str, Collection[str]], queries: Collection[str]) -> Mistakes:
    """Each step that no persona takes, and each query that no folder holds; `steps` are known by crowd."""
    drill = scenario.drill
    if drill is None:
        return
    crowd = drill.service.crowd
    if crowd is not None and crowd not in steps:
        yield ("drill", "service", "crowd"), f"no crowd {crowd!r}{nearest(crowd, steps)}"
    mine = {step for name, those in steps.items() if crowd in (None, name) for step in those}
    if (crowd is None or crowd in steps) and drill.service.step not in {*mine, VISIT}:
        yield ("drill", "service", "step"), f"no crowd has a step {drill.service.step!r}{nearest(drill.service.step, mine)}"
    everybodys = {step for those in steps.values() for step in those}
    for nth, step in enumerate(drill.apart):
        if step not in everybodys:
            yield ("drill", "apart", str(nth)), f"no crowd has a step {step!r}{nearest(step, everybodys)}"
    asked: list[tuple[Path, str | None]] = [
        (("drill", name, "query"), clock.query) for name in CLOCKS if (clock := getattr(drill, name)) is not None
    ]
    if drill.people is not None:
        asked += [(("drill", "people", "query"), drill.people.query), (("drill", "people", "tries"), drill.people.tries)]
    for path, query in asked:
        if query is not None and query not in queries:
            yield path, f"no query {query!r}{nearest(query, queries)}"


def drill_outside(scenario: Scenario, part: Timetable) -> Mistakes:
    """Each fault that does not lie in the part of the timetable that is run."""
    if scenario.drill is None:
        return
    for name, fault in scenario.drill.faults.items():
        if problem := _outside(fault, part):
            yield ("drill", "faults", name), problem


def _who(fault: AnyFault, scenario: Scenario, path: Path) -> Mistakes:
    """Somebody who is not there, or is not ours to do that to."""
    target = scenario.target
    spec = target if fault.on == TARGET else target.beside.get(fault.on)
    if isinstance(fault, ProcessFault):
        if fault.pid_file is None and fault.start is not None:
            yield (*path, "start"), "a process that this run started is started again by its own command; 'start' goes with 'pid_file'"
        if fault.pid_file is not None:
            if fault.do == "kill" and fault.start is None:
                yield (*path, "start"), "'start' is missing: the command that starts again what was killed"
            return
        if spec is not None and spec.command is None:
            yield (*path, "on"), f"this run does not start {_called(fault.on)}; expected 'pid_file', which holds the process's number"
    if spec is None and not isinstance(fault, CommandFault):
        known = (TARGET, *target.beside)
        yield (*path, "on"), f"nobody is called {fault.on!r} beside the target{nearest(fault.on, known)}"


def _called(name: str) -> str:
    return "the target" if name == TARGET else name


def _words(fault: AnyFault, path: Path) -> Mistakes:
    if fault.lasting <= 0:
        yield (*path, "for"), f"expected more than 0, found {float(fault.lasting):g}s"
    if isinstance(fault, SwitchFault) and not fault.path.startswith("/"):
        yield (*path, "path"), f"expected a path such as /faults/outages, found {fault.path!r}"
    if isinstance(fault, SwitchFault) and fault.shown is not None and not fault.shown.startswith("/"):
        yield (*path, "shown"), f"expected a path such as /faults, found {fault.shown!r}"
    if isinstance(fault, NetworkFault) and not fault.toxics and not fault.down:
        yield path, "expected 'toxics' or 'down': nothing would be wrong with the network"
    if isinstance(fault, NetworkFault) and fault.toxiproxy is None:  # another one may have toxics of its own
        for nth, toxic in enumerate(fault.toxics):
            if wrong := mistake(toxic):
                yield (*path, "toxics", str(nth)), wrong
    for key in ("run", "mend", "probe", "start"):
        if isinstance(command := getattr(fault, key, None), str) and (wrong := _uncommanding(command)):
            yield (*path, key), wrong


def _uncommanding(command: str) -> str:
    """Why a command cannot be one; empty where it can."""
    try:
        return "" if shlex.split(command) else "expected a command, found nothing"
    except ValueError as problem:
        return f"expected a command as a shell would take it, found {command!r}: {str(problem).lower()}"


def _when(fault: AnyFault, timetable: Timetable, path: Path) -> Mistakes:
    try:
        timetable.at(fault.at)
    except ValueError as problem:
        yield (*path, "at"), str(problem)
        return
    if wrong := _outside(fault, timetable):
        yield path, wrong
    first, last = span_of(fault, timetable)
    for piece in timetable.pace(1.0).pieces(timetable.begin, timetable.end):
        if piece.speed == JUMP and any(piece.first < each < piece.last for each in (first, last)):
            jump = f"from {timetable.clock(piece.first)} to {timetable.clock(piece.last)}"
            yield path, f"it {_edge(first, piece)}, but the timetable jumps {jump}; expected moments that it goes through"
        elif piece.speed == JUMP and piece.first <= first and last <= piece.last:
            yield path, "the timetable jumps over all of it"


def _edge(first: float, jump: Piece) -> str:
    return "begins in it" if jump.first < first < jump.last else "ends in it"


def _outside(fault: AnyFault, timetable: Timetable) -> str:
    """How it does not lie in the timetable; empty where it does."""
    (first, last), clock = span_of(fault, timetable), timetable.clock
    if first < timetable.begin:
        return f"it begins at {clock(first)}, before the run does at {clock(timetable.begin)}"
    if last > timetable.end:
        return f"it ends at {clock(last)}, but the run ends at {clock(timetable.end)}: nobody would be there to see that all is well again"
    return ""


def span_of(fault: AnyFault, timetable: Timetable) -> tuple[float, float]:
    """From when to when it is on, scenario time."""
    first = timetable.at(fault.at)
    return first, first + float(fault.lasting)


def same_thing(fault: AnyFault) -> tuple[str, ...] | None:
    """What it has to itself while it is on: of two faults with the same, one would mend the other's.  None: it bears others."""
    if isinstance(fault, SwitchFault):
        return "the switch", fault.path, "of", fault.on
    if isinstance(fault, ProcessFault):
        return "the process", fault.pid_file or fault.on
    if isinstance(fault, NetworkFault):
        return ("the network in front", fault.proxy or fault.on) if fault.down else None
    return ("the command", fault.run) if isinstance(fault, CommandFault) else None


def _overlaps(drill: DrillSpec, timetable: Timetable) -> Mistakes:
    before: list[tuple[str, tuple[str, ...], float, float]] = []
    for name, fault in drill.faults.items():
        thing, (first, last) = same_thing(fault), span_of(fault, timetable)
        if thing is None:
            continue
        other = next((each[0] for each in before if each[1] == thing and first < each[3] and each[2] < last), None)
        if other is not None:
            told = f"overlaps with {other!r} on {' '.join(thing)}: the end of one would end the other"
            yield ("drill", "faults", name), f"{told}; expected one after the other"
        before.append((name, thing, first, last))


def _baseline(drill: DrillSpec, timetable: Timetable) -> Mistakes:
    if drill.baseline is None:
        return
    path = ("drill", "baseline")
    try:
        first, last = timetable.at(drill.baseline.first), timetable.at(drill.baseline.last)
    except ValueError as problem:
        yield path, str(problem)
        return
    broken = min(span_of(fault, timetable)[0] for fault in drill.faults.values())
    if first >= last:
        yield (*path, "to"), f"expected a moment after {drill.baseline.first}, found {drill.baseline.last}"
    elif first < timetable.begin:
        yield (*path, "from"), f"it begins at {timetable.clock(first)}, before the run does at {timetable.clock(timetable.begin)}"
    elif last > broken:
        yield (*path, "to"), f"it ends at {timetable.clock(last)}, but the first fault begins at {timetable.clock(broken)}"


def _service(drill: DrillSpec) -> Mistakes:
    service = drill.service
    for key in ("within", "window", "hold"):
        if getattr(service, key) <= 0:
            yield ("drill", "service", key), f"expected more than 0, found {float(getattr(service, key)):g}s"
    if not 0 < service.drop < 1:
        yield ("drill", "service", "drop"), f"expected a share between 0% and 100%, found {float(service.drop):.0%}"


def _clocks(drill: DrillSpec, scenario: Scenario) -> Mistakes:
    probes: list[tuple[Path, str]] = [(("drill", "alarm"), drill.alarm)] if drill.alarm is not None else []
    for name in CLOCKS:
        clock: ClockSpec | None = getattr(drill, name)
        if clock is None:
            continue
        if (clock.query is None) == (clock.probe is None):
            yield ("drill", name), "expected either 'query' (SQL over the ledgers) or 'probe' (of the scenario)"
        if clock.probe is not None:
            probes.append((("drill", name, "probe"), clock.probe))
    for path, probe in probes:
        if probe not in scenario.probes:
            told = nearest(probe, scenario.probes) if scenario.probes else ", which has none"
            yield path, f"no probe {probe!r} of the scenario{told}"


def _told(drill: DrillSpec) -> Mistakes:
    for nth, url in enumerate(drill.tell):
        if "${" not in url and urlsplit(url).hostname not in _HERE:
            yield ("drill", "tell", str(nth)), _INSTEAD
