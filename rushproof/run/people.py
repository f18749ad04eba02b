"""Which people come: a second run on the same day takes others, unless told otherwise."""

import datetime as dt
from pathlib import Path

from rushproof.errors import RushproofError
from rushproof.journal import read_manifest
from rushproof.manifest import Manifest


def first_person(folder: Path, seed: int, persons: int, registered: int, now: dt.datetime) -> int:
    """Where in the population this run's people begin: behind those of today's runs beside `folder` with the same seed.

    When the population is used up, it begins again at 0.
    """
    behind = max((run.first_person + run.persons for run in _today(folder, now) if run.seed == seed), default=0)
    return behind if behind + persons <= registered else 0


def _today(folder: Path, now: dt.datetime) -> list[Manifest]:
    found = []
    for file in sorted(folder.resolve().parent.glob("*/run.json")):
        if file.parent == folder.resolve():
            continue
        try:
            manifest = read_manifest(file.parent)
        except RushproofError:
            continue  # not a run, or of another version: its people cannot be known
        if dt.datetime.fromtimestamp(manifest.start).date() == now.date():
            found.append(manifest)
    return found
