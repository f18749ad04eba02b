"""Noting what people did while a run goes on, on the run's own time."""

import time
from pathlib import Path

from rushproof.errors import FolderError, InputError
from rushproof.injection import Mark
from rushproof.journal import Actions, read_manifest
from rushproof.manifest import Ending, Manifest
from rushproof.run.history import RUNS, history
from rushproof.timetable import Moment

SLACK = 120.0
"""wall seconds after which a run that says it is running is one whose harness died"""
LONGEST = 500
"""characters of a note"""


def running(folder: Path = RUNS) -> Path:
    """The newest run in a folder that is not over; FolderError where there is none."""
    found = [past for past in history(folder)[0] if _goes_on(past.manifest)] if folder.is_dir() else []
    if not found:
        raise FolderError(f"no run in {folder} is running; name the folder of the run")
    return folder / found[-1].folder


def mark(folder: Path, text: str, at: Moment | None = None) -> tuple[Manifest, Mark]:
    """Notes the text in a run's folder, as of now or of a moment of its timetable; InputError where it is not that run's time."""
    manifest = read_manifest(folder)
    said = " ".join(text.split())
    if not said or len(said) > LONGEST:
        raise InputError(f"expected a text of 1 to {LONGEST} characters, found {len(said)}")
    now = time.time() - manifest.start
    if at is None and not _goes_on(manifest):
        raise InputError(f"{folder}: the run is over; say when it was with --at MOMENT")
    noted = Mark(at=now if at is None else _moment(manifest, at, now), text=said)
    Actions(folder).marked(noted)
    return manifest, noted


def _moment(manifest: Manifest, at: Moment, now: float) -> float:
    """The wall second of it, which has to have been."""
    pace, clock = manifest.pace, manifest.scenario.timetable.clock
    try:
        wall = pace.wall(manifest.scenario.timetable.at(at))
    except ValueError as problem:
        raise InputError(f"--at: {problem}") from None
    if not 0.0 <= wall <= now:
        span = f"from {clock(manifest.first)} on, when the run began, to {clock(pace.at(now))}"
        raise InputError(f"--at: expected a moment {span}, found {at}")
    return wall


def _goes_on(manifest: Manifest) -> bool:
    scenario = manifest.scenario
    longest = manifest.pace.wall(manifest.last) + float(scenario.drain) + float(scenario.target.quiet_within) + SLACK
    return manifest.ending is Ending.RUNNING and time.time() - manifest.start < longest
