"""Whether what goes on around the load can be meant: rules that stop it, probes that watch it, commands before and after it."""

import re
import shlex
from collections.abc import Collection, Iterator, Sequence

from rushproof.document import Path
from rushproof.errors import nearest
from rushproof.probe import ProbeSpec
from rushproof.quantity import Unit
from rushproof.sample import OUTCOMES, Outcome
from rushproof.scenario import Scenario
from rushproof.stop_rule import StopRule

Mistakes = Iterator[tuple[Path, str]]

LEAST = 1.0
"""wall seconds: a rule is looked at once in each"""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NOWHERE = "expected 'prometheus' beside it, or {where}: there is none to ask"
_BESIDE = (("prometheus", "query"), ("field", "json"), ("dsn", "sql"), ("configuration", "activity"), ("secrets", "activity"))
"""what a probe's source takes beside it"""
_OPEN = {Outcome.UNFINISHED.word: "nothing is unfinished while load runs; a percentile sees what waits, by its age"}


def around(scenario: Scenario) -> Mistakes:
    """Each place of a scenario's surroundings that cannot be meant, and the sentence about it."""
    target = scenario.target.prometheus
    yield from url(target, ("target", "prometheus"))
    yield from stop_rules(scenario.stop_when, ("stop_when",), "'prometheus' in the target" if target is None else "")
    for name, probe in scenario.probes.items():
        yield from _probe(name, probe, scenario)
    for key, commands in (("before", scenario.before), ("after", scenario.after)):
        for nth, command in enumerate(commands):
            yield from _command(command, (key, str(nth)))


def stop_rules(rules: Sequence[StopRule], path: Path, missing: str) -> Mistakes:
    """The same for a list of stop rules at `path`; `missing` says where a Prometheus could stand, and is empty where one does."""
    for nth, rule in enumerate(rules):
        here = (*path, str(nth))
        if (rule.measure is None) == (rule.query is None):
            yield here, "expected either 'measure' (of the load) or 'query' (of a Prometheus)"
        elif rule.query is not None:
            yield from _query(rule, here, missing)
        else:
            yield from _measure(rule, here)
        if rule.lasting < LEAST:
            yield (*here, "for"), f"expected at least 1s, since a rule is looked at once a second, found {float(rule.lasting):g}s"


def unknown_steps(rules: Sequence[StopRule], path: Path, steps: Collection[str]) -> Mistakes:
    """Each rule of a step that nobody takes."""
    for nth, rule in enumerate(rules):
        if rule.step is not None and rule.step not in steps:
            yield (*path, str(nth), "step"), f"no crowd has a step {rule.step!r}{nearest(rule.step, steps)}"


def url(text: str | None, path: Path) -> Mistakes:
    """A Prometheus's URL that is none."""
    if text is not None and not re.match(r"https?://[^/]", text) and not text.startswith("${"):
        yield path, f"expected a URL such as http://127.0.0.1:9090, found {text!r}"


def _query(rule: StopRule, path: Path, missing: str) -> Mistakes:
    yield from url(rule.prometheus, (*path, "prometheus"))
    for key in ("step", "outcome"):
        if getattr(rule, key) is not None:
            yield (*path, key), "a query has none: its own labels say of what it is"
    if not str(rule.query).strip():
        yield (*path, "query"), "expected PromQL that comes to one number"
    if rule.prometheus is None and missing:
        yield (*path, "query"), _NOWHERE.format(where=missing)


def _measure(rule: StopRule, path: Path) -> Mistakes:
    if rule.prometheus is not None:
        yield (*path, "prometheus"), "only a 'query' is asked of a Prometheus"
    share = rule.measure == "share"
    if share and rule.outcome is None:
        yield path, "a share needs its 'outcome', such as error"
    if rule.outcome is not None and rule.outcome not in OUTCOMES:
        yield (*path, "outcome"), f"no outcome {rule.outcome!r}{nearest(rule.outcome, OUTCOMES)}"
    elif rule.outcome in _OPEN:
        yield (*path, "outcome"), _OPEN[rule.outcome]
    wanted, example = (Unit.SHARE, "a share such as 20%") if share else (Unit.SECONDS, "a duration such as 5s")
    if rule.above.unit is not wanted:
        yield (*path, "above"), f"expected {example}, found {str(rule.above)!r}"


def _probe(name: str, probe: ProbeSpec, scenario: Scenario) -> Mistakes:
    path = ("probes", name)
    if not _NAME.fullmatch(name):
        yield path, f"expected a name of small letters, digits and underscores, found {name!r}"
    given = [source for source in ("query", "json", "sql", "activity") if getattr(probe, source) is not None]
    if len(given) != 1:
        found = f"found {' and '.join(given)}" if given else "found none"
        yield path, f"expected exactly one of query (PromQL), json, sql and activity, {found}"
        return
    for key, whose in _BESIDE:
        if getattr(probe, key) and given != [whose]:
            yield (*path, key), f"expected {whose!r} beside it: it has a {key!r}, and {given[0]!r} has none"
    yield from _source(probe, path, scenario)


def _source(probe: ProbeSpec, path: Path, scenario: Scenario) -> Mistakes:
    yield from url(probe.prometheus, (*path, "prometheus"))
    if probe.query is not None and not probe.query.strip():
        yield (*path, "query"), "expected PromQL that comes to one number"
    if probe.query is not None and probe.prometheus is None and scenario.target.prometheus is None:
        yield (*path, "query"), _NOWHERE.format(where="'prometheus' in the target")
    if probe.json is not None:
        whose = re.match(r"\{(\w+)\}/", probe.json)
        if whose is not None and whose[1] not in scenario.target.beside:
            yield (*path, "json"), f"no process {whose[1]!r} beside the target{nearest(whose[1], scenario.target.beside)}"
        elif whose is None and not re.match(r"/|https?://[^/]|\$\{", probe.json):
            yield (*path, "json"), f"expected a path such as /open, or a URL, found {probe.json!r}"
    if probe.field and not all(probe.field.split(".")):
        yield (*path, "field"), f"expected a field such as backlog.open, found {probe.field!r}"
    if probe.sql is not None and not re.search(r"\$\{(?:env|file):[^}]+\}", probe.dsn or ""):
        yield (*path, "dsn"), "expected which database the query is for, as ${env:NAME}: it is a secret"


def _command(command: str, path: Path) -> Mistakes:
    try:
        words = shlex.split(command)
    except ValueError as problem:
        yield path, f"expected a command as a shell would read it, found {command!r}: {str(problem).lower()}"
        return
    if not words:
        yield path, "expected a command, found nothing"
