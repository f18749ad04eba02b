"""A drill in Chaos Toolkit's two formats: the experiment that it was, and the journal of how it went.

Chaos Toolkit has no word for a recovery, so what was measured stands in the experiment's `extensions`, under our name; its own tools leave
that alone.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rushproof.clocks import Recovery, Switched
from rushproof.drill import DrillSpec
from rushproof.drill_check import span_of
from rushproof.faults import ChaosToolkitFault
from rushproof.manifest import Ending, Manifest
from rushproof.probe import ProbeSpec
from rushproof.render.activities import Activities, activities
from rushproof.render.recovery_json import recovery_verdict
from rushproof.report import Report

FOLDER = "chaostoolkit"
LIBRARY = "1.44.0"
"""the version of chaostoolkit-lib whose formats these are"""
_STATUS = {Ending.COMPLETE: "completed", Ending.INTERRUPTED: "interrupted"}
Readings = Mapping[str, NDArray[Any]]


def experiment(manifest: Manifest, drill: DrillSpec) -> dict[str, Any]:
    """The drill as an experiment that `chaos validate` accepts; pauses are wall seconds."""
    method, rollbacks = _method(manifest, drill)
    whole: dict[str, Any] = {
        "version": "1.0.0",
        "title": manifest.scenario.name,
        "description": manifest.scenario.about,
        "tags": ["rushproof"],
        "configuration": _configuration(manifest, drill),
    }
    probes = [dict(probe.activity or {}) for probe in _hypothesis(manifest).values()]
    if probes:
        whole["steady-state-hypothesis"] = {"title": "All is as it should be", "probes": probes}
    secrets = _merged(drill, "secrets")
    return {**whole, **({"secrets": secrets} if secrets else {}), "method": method, "rollbacks": rollbacks}


def journal(report: Report, recovery: Recovery, drill: DrillSpec, readings: Readings) -> dict[str, Any]:
    """How it went, as `chaos run` writes it."""
    manifest = report.manifest
    runs, rollbacks = _played(manifest, drill, recovery)
    first = min((one.injected[0] for one in recovery.faults), default=manifest.elapsed)
    before, after = (_state(manifest, readings, *span) for span in ((0.0, first), (first, float("inf"))))
    unmet = after is not None and not after["steady_state_met"]
    numbers = {"name": "rushproof", "verdict": report.verdict.value, "recovery": msgspec.to_builtins(recovery_verdict(recovery))}
    return {
        "chaoslib-version": LIBRARY,
        "platform": manifest.machine.system,
        "node": "rushproof",
        "experiment": {**experiment(manifest, drill), "extensions": [numbers]},
        "start": _iso(manifest, 0.0),
        "status": _STATUS.get(manifest.ending, "aborted"),
        "deviated": unmet or recovery.clocks["service"].status == "not recovered",
        "steady_states": {"before": before, "after": after, "during": []},
        "run": runs,
        "rollbacks": rollbacks,
        "end": _iso(manifest, manifest.drained or manifest.elapsed),
        "duration": manifest.drained or manifest.elapsed,
    }


def files(report: Report, readings: Readings) -> Mapping[str, bytes]:
    """Both by their names in the run folder; none where there was no drill."""
    drill, recovery = report.manifest.scenario.drill, report.recovery
    if drill is None or recovery is None:
        return {}
    told = {"experiment.json": experiment(report.manifest, drill), "journal.json": journal(report, recovery, drill, readings)}
    return {f"{FOLDER}/{name}": msgspec.json.format(msgspec.json.encode(tree), indent=2) + b"\n" for name, tree in told.items()}


def _method(manifest: Manifest, drill: DrillSpec) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every action with the pause before it, and behind the last one the time until all ended; the rollbacks."""
    timed = sorted((*_wall(manifest, drill, name), name) for name in drill.faults)
    method: list[dict[str, Any]] = []
    rollbacks: list[dict[str, Any]] = []
    here = 0.0
    for begins, ends, name in timed:
        played = _of(manifest, drill, name, ends - begins)
        for nth, action in enumerate(played.actions):
            method.append({**action, "pauses": {"before": round(begins - here, 3)}} if not nth else action)
        here = begins
        rollbacks += played.rollbacks
    if method:
        method[-1] = {**method[-1], "pauses": {**method[-1].get("pauses", {}), "after": round(max(ends for _, ends, _ in timed) - here, 3)}}
    return method, rollbacks


def _played(manifest: Manifest, drill: DrillSpec, recovery: Recovery) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    runs: list[dict[str, Any]] = []
    rollbacks: list[dict[str, Any]] = []
    for one in sorted(recovery.faults, key=lambda each: each.injected[0]):
        played = _of(manifest, drill, one.fault, one.mended[0] - one.injected[0])
        runs += [_run(manifest, action, one.injected, one) for action in played.actions]
        rollbacks += [_run(manifest, action, one.mended, one) for action in played.rollbacks]
    return runs, rollbacks


def _run(manifest: Manifest, activity: dict[str, Any], times: tuple[float, float | None], one: Switched) -> dict[str, Any]:
    """One activity that was played; what could not be confirmed failed."""
    asked, confirmed = times
    ended = asked if confirmed is None else confirmed
    told = {
        "activity": activity, "output": None, "start": _iso(manifest, asked), "end": _iso(manifest, ended), "duration": ended - asked,
        "status": "failed" if confirmed is None else "succeeded",
    }  # fmt: skip
    return told if confirmed is not None else {**told, "exception": [one.problem or "it could not be confirmed"]}


def _state(manifest: Manifest, readings: Readings, begin: float, end: float) -> dict[str, Any] | None:
    """The hypothesis by the last reading of each of its probes in that time; None where it has none."""
    probes = []
    for name, spec in _hypothesis(manifest).items():
        rows = readings.get(name)
        mine = None if rows is None else rows[(rows["at"] >= begin) & (rows["at"] < end)][-1:]
        found = None if mine is None or not len(mine) else (float(mine["at"][0]), float(mine["value"][0]))
        met, failed = found is not None and found[1] == 1.0, found is None or np.isnan(found[1])
        at = _iso(manifest, begin if found is None else found[0])
        probes.append({
            "activity": dict(spec.activity or {}), "output": None, "start": at, "end": at, "duration": 0.0,
            "status": "failed" if failed else "succeeded", "tolerance_met": met,
        })  # fmt: skip
    return {"steady_state_met": all(each["tolerance_met"] for each in probes), "probes": probes} if probes else None


def _hypothesis(manifest: Manifest) -> Mapping[str, ProbeSpec]:
    return {name: probe for name, probe in manifest.scenario.probes.items() if probe.activity is not None and "tolerance" in probe.activity}


def _of(manifest: Manifest, drill: DrillSpec, name: str, ttl: float) -> Activities:
    return activities(name, drill.faults[name], max(ttl, 0.0))


def _wall(manifest: Manifest, drill: DrillSpec, name: str) -> tuple[float, float]:
    """When a fault begins and ends, wall seconds since the start."""
    first, last = span_of(drill.faults[name], manifest.scenario.timetable)
    return manifest.pace.wall(first), manifest.pace.wall(last)


def _configuration(manifest: Manifest, drill: DrillSpec) -> dict[str, Any]:
    """Where everybody is, to be said by the environment of whoever runs the experiment again; and what its own activities share."""
    target = manifest.scenario.target
    urls = {"target": target.url, **{name: beside.url for name, beside in target.beside.items()}}
    places = {
        f"{name}_url": {"type": "env", "key": f"{name.upper()}_URL", "default": url.replace("{port}", "8080")} for name, url in urls.items()
    }
    return {**places, **_merged(drill, "configuration")}


def _merged(drill: DrillSpec, key: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for fault in drill.faults.values():
        if isinstance(fault, ChaosToolkitFault):
            found |= getattr(fault, key)
    return found


def _iso(manifest: Manifest, second: float) -> str:
    return dt.datetime.fromtimestamp(manifest.start + second, dt.UTC).isoformat()
