"""The runs of a folder, the newest last: what each was of, and what it came to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from rushproof.errors import FolderError
from rushproof.journal import read_manifest
from rushproof.manifest import Manifest
from rushproof.quantity import Unit
from rushproof.sample import VISIT

RUNS = Path("reports", "runs")
"""where runs lie unless the command says otherwise"""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One run that was made."""

    folder: str
    """its name under the folder that was listed"""
    manifest: Manifest
    verdict: str
    """`pass`, `fail` or `unknown`; empty where the run was never judged"""
    step: str = ""
    """the step that a reader asks about first: the one the budget bounds in time, otherwise the last of the first crowd"""
    p99: float | None = None
    """response of its samples ok, seconds"""


def history(folder: Path, labels: Mapping[str, str] | None = None) -> tuple[list[Past], list[str]]:
    """The runs under a folder that have all these labels, and a sentence for each that cannot be read; FolderError for no folder."""
    if not folder.is_dir():
        raise FolderError(f"{folder} is no folder: expected one with run folders in it")
    found, unreadable = [], []
    for entry in sorted(folder.iterdir()):
        if not (entry / "run.json").is_file():
            continue
        try:
            past = _past(entry)
        except FolderError as problem:
            unreadable.append(str(problem))
            continue
        if all(past.manifest.labels.get(name) == value for name, value in (labels or {}).items()):
            found.append(past)
    return sorted(found, key=lambda past: (past.manifest.start, past.folder)), unreadable


def _past(folder: Path) -> Past:
    manifest = read_manifest(folder)
    try:
        told = msgspec.json.decode((folder / "verdict.json").read_bytes())
    except FileNotFoundError:
        return Past(folder=folder.name, manifest=manifest, verdict="")
    except (OSError, msgspec.DecodeError) as problem:
        raise FolderError(f"{folder / 'verdict.json'} cannot be read: {problem}") from None
    try:
        step, p99 = _principal(manifest, told["steps"])
        return Past(folder=folder.name, manifest=manifest, verdict=str(told["verdict"]), step=step, p99=p99)
    except (KeyError, TypeError, AttributeError):
        raise FolderError(f"{folder / 'verdict.json'} is not a run's verdict") from None


def _principal(manifest: Manifest, steps: Mapping[str, Any]) -> tuple[str, float | None]:
    known = {name: step for name, step in steps.items() if step["step"] != VISIT}
    bounded = [limit.step for limit in manifest.scenario.budget if limit.step and limit.bound.unit is Unit.SECONDS]
    if not known:
        return "", None
    first = next(iter(known.values()))["crowd"]
    names = [name for step in bounded for name in known if known[name]["step"] == step]
    names += [name for name in reversed(known) if known[name]["crowd"] == first]
    ok = known[names[0]]["response"].get("ok")
    return names[0], None if ok is None else float(ok["p99"])
