"""A Chaos Toolkit experiment as a drill: its actions become faults, its rollbacks their mending, its hypothesis probes.

The method is a timetable of its own: an activity begins when the pauses before it are over.  An action lasts until the method ends, when
all rollbacks are played, once and in their order, as the mending of the first action.  An action that undoes another is no rollback:
`extensions: [{name: rushproof, mends: {UNDOING: UNDONE}}]` in the experiment says that it is one, so that the fault ends with it; and
`by_itself: [NAME]` there names actions that end by themselves.  Where there are no rollbacks either, nobody mends.
Pauses are scenario time, as every duration of a drill is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from rushproof.document import Path
from rushproof.timetable import Moment

BEGINS = 60.0
"""seconds of scenario time after the timetable's `from`, where nobody says when the method begins"""
_NAME = re.compile(r"[^a-z0-9]+")
_VARIABLE = re.compile(r"\$\{(\w+)\}")

Tree = dict[str, Any]
_SHAPES: Mapping[str, type[Any]] = {
    "steady-state-hypothesis": dict, "rollbacks": list, "configuration": dict, "secrets": dict, "extensions": list,
}  # fmt: skip


class ExperimentError(ValueError):
    """What an experiment cannot mean here: where in it, and the sentence."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}" if place else problem)


def read_experiment(text: str) -> Tree:
    """The experiment of a JSON or YAML text, as chaostoolkit-lib reads it; ExperimentError where it is none."""
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise ExperimentError("", f"expected JSON or YAML: {str(problem).splitlines()[0]}") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("method"), list):
        raise ExperimentError("", "expected an experiment of Chaos Toolkit: keys and values, with a 'method' that is a list")
    return tree


def drilled(experiment: Tree, begins: Moment) -> tuple[Tree, Tree]:
    """The faults and the probes that an experiment comes to, as a scenario writes them; its method begins at `begins`."""
    _refuse(experiment)
    activities = {str(each["name"]): each for each in _activities(experiment) if "ref" not in each}
    method = [_meant(each, activities) for each in experiment["method"]]
    timed, length = _timed(method, experiment.get("configuration") or {})
    mends = _mends(experiment)
    ends = {mends[str(each["name"])]: at for at, each in timed if str(each["name"]) in mends}
    undoing = {mends[str(each["name"])]: each for _, each in timed if str(each["name"]) in mends}
    actions = [(at, each) for at, each in timed if each.get("type") == "action" and str(each["name"]) not in mends]
    if not actions:
        raise ExperimentError("method", "expected an action: nothing is broken")
    rollbacks = [_meant(each, activities) for each in experiment.get("rollbacks") or ()]
    shared = {key: experiment[key] for key in ("configuration", "secrets") if experiment.get(key)}
    faults: Tree = {}
    for nth, (at, action) in enumerate(actions):
        title = str(action["name"])
        lasting = ends.get(title, length) - at
        if lasting <= 0:
            raise ExperimentError(f"method: {title}", "it ends when it begins; give it 'pauses: {after: SECONDS}', for as long as it lasts")
        undone = [_bare(undoing[title])] if title in undoing else []
        played = undone + ([_bare(each) for each in rollbacks] if not nth else [])
        fault = {"inject": "chaostoolkit", "at": _later(begins, at), "for": f"{lasting:g}s", "action": _bare(action), **shared}
        itself = not played and (bool(rollbacks) or title in _told(experiment, "by_itself", list))
        faults[_named(title, faults)] = {**fault, "rollbacks": played, "by_itself": itself}
    return faults, _probes(experiment, [each for _, each in timed if each.get("type") == "probe"], activities, shared)


def put_in(tree: Tree, experiment: Tree) -> Tree:
    """The scenario's tree with an experiment's faults in its drill, and its probes beside its own; what is written there goes first.

    Where the drill does not say by which step the service is told, it is the first that the budget names.  A tree whose own words cannot
    be read so far comes back as it is: they are told when it is looked at as a scenario.
    """
    drill, own = dict(tree["drill"]), tree.get("probes")
    begins = _begins(tree, drill)
    if begins is None or not all(isinstance(each or {}, dict) for each in (drill.get("faults"), own)):
        return tree
    faults, probes = drilled(experiment, begins)
    step = next((str(limit["step"]) for limit in tree.get("budget") or () if isinstance(limit, dict) and limit.get("step")), None)
    if "service" not in drill and step is not None:
        drill["service"] = {"step": step}
    drill["faults"] = {**faults, **(drill.get("faults") or {})}
    return {**tree, "drill": drill, "probes": {**probes, **(own or {})}}


def _begins(tree: Tree, drill: Tree) -> Moment | None:
    """When the method begins; None where the scenario has no words for it that can be read."""
    timetable = tree.get("timetable")
    first = timetable.get("from") if isinstance(timetable, dict) else None
    try:
        return Moment.read(str(drill["begins"])) if drill.get("begins") else Moment.read(_later(Moment.read(str(first)), BEGINS))
    except ValueError:
        return None


def _refuse(experiment: Tree) -> None:
    """What would be left out of a drill in silence, or would leave the experiment's secrets in the run folder."""
    for key, kind in _SHAPES.items():
        if not isinstance(found := experiment.get(key) or kind(), kind):
            raise ExperimentError(key, f"expected {'a list' if kind is list else 'keys and values'}, found {type(found).__name__}")
    if experiment.get("controls"):
        raise ExperimentError("controls", "a drill has none; take them out, or run the experiment with `chaos run`")
    for place, value in _leaves(experiment.get("secrets") or {}, ("secrets",)):
        raise ExperimentError(
            ".".join(place), f"expected {{type: env, key: NAME}}, so that it is written nowhere, found {type(value).__name__}"
        )


def _leaves(tree: Any, place: Path) -> Iterator[tuple[Path, Any]]:
    if not isinstance(tree, Mapping):
        yield place, tree
    elif tree.get("type") not in ("env", "vault"):
        for key, value in tree.items():
            yield from _leaves(value, (*place, str(key)))


def _activities(experiment: Tree) -> Iterator[Tree]:
    hypothesis = experiment.get("steady-state-hypothesis") or {}
    for place, found in (
        ("steady-state-hypothesis", hypothesis.get("probes")),
        ("method", experiment["method"]),
        ("rollbacks", experiment.get("rollbacks")),
    ):
        for nth, each in enumerate(found or ()):
            here = f"{place}[{nth}]"
            if not isinstance(each, dict) or not (each.get("ref") or (each.get("name") and isinstance(each.get("provider"), dict))):
                raise ExperimentError(here, "expected an activity with a 'name' and a 'provider'")
            if "ref" not in each and each.get("type") not in ("action", "probe"):
                raise ExperimentError(f"{here}: type", f"expected action or probe, found {each.get('type')!r}")
            if not isinstance(each.get("pauses") or {}, dict):
                raise ExperimentError(f"{here}: pauses", "expected 'before' and 'after', in seconds")
            yield each


def _meant(activity: Tree, activities: Mapping[str, Tree]) -> Tree:
    """What a `ref` stands for."""
    if "ref" not in activity:
        return activity
    if activity["ref"] not in activities:
        raise ExperimentError("", f"ref {activity['ref']!r}: no activity has that name")
    return activities[activity["ref"]]


def _timed(method: list[Tree], configuration: Tree) -> tuple[list[tuple[float, Tree]], float]:
    """Seconds after the method's beginning at which each activity begins, and at which the method ends."""
    at, timed = 0.0, []
    for each in method:
        pauses = each.get("pauses") or {}
        before, after = (_pause(pauses.get(key), configuration, f"method: {each['name']}: pauses.{key}") for key in ("before", "after"))
        timed.append((at + before, each))
        at += 0.0 if each.get("background") else before + after
    ends = [begin + _pause((each.get("pauses") or {}).get("after"), configuration, "") for begin, each in timed]
    return timed, max([at, *ends])


def _pause(value: Any, configuration: Tree, place: str) -> float:
    found = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        value = configuration.get(found[1], value)
    try:
        seconds = float(value or 0)
    except (TypeError, ValueError):
        raise ExperimentError(place, f"expected seconds, or the name of such a value in 'configuration', found {value!r}") from None
    if not 0 <= seconds < float("inf"):
        raise ExperimentError(place, f"expected seconds of 0 or more, found {seconds:g}")
    return seconds


def _mends(experiment: Tree) -> dict[str, str]:
    """By name, which action of the method undoes which."""
    mends = _told(experiment, "mends", dict)
    names = {str(each.get("name")) for each in experiment["method"] if isinstance(each, dict)}
    for name in (*mends, *mends.values()):
        if name not in names:
            raise ExperimentError("extensions: rushproof: mends", f"no activity {name!r} in the method")
    return {str(undoing): str(undone) for undoing, undone in mends.items()}


def _told(experiment: Tree, key: str, kind: type[Any]) -> Any:
    """What the experiment says to us in its extensions."""
    for each in experiment.get("extensions") or ():
        if isinstance(each, dict) and each.get("name") == "rushproof" and isinstance(each.get(key), kind):
            return each[key]
    return kind()


def _probes(experiment: Tree, method: list[Tree], activities: Mapping[str, Tree], shared: Tree) -> Tree:
    """Every probe of hypothesis and method, looked at once a second: 1 where its tolerance is met, 0 where not, or its own number."""
    found: Tree = {}
    hypothesis = (experiment.get("steady-state-hypothesis") or {}).get("probes") or ()
    for each in (*(_meant(one, activities) for one in hypothesis), *method):
        if not any(probe["activity"] == _bare(each) for probe in found.values()):
            found[_named(str(each["name"]), found)] = {"activity": _bare(each), **shared}
    return found


def _bare(activity: Tree) -> Tree:
    """The activity without what the drill's own times replace."""
    return {key: value for key, value in activity.items() if key not in ("pauses", "background", "controls")}


def _later(moment: Moment, seconds: float) -> str:
    offset = moment.offset + seconds
    return f"{moment.base} {'-' if offset < 0 else '+'} {abs(offset):g}s" if offset else str(moment.base)


def _named(title: str, taken: Mapping[str, Any]) -> str:
    """A name as scenarios have them: `Stop the gateway!` is `stop_the_gateway`."""
    name = _NAME.sub("_", title.lower()).strip("_")
    name = name if name[:1].isalpha() else f"a_{name}".rstrip("_")
    return next(each for each in (name, *(f"{name}_{nth}" for nth in range(2, len(taken) + 3))) if each not in taken)
