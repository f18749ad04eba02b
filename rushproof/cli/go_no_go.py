"""`rushproof report --go-no-go RUN…`: run folders and capacity folders in, one page for whoever decides out."""

from collections.abc import Sequence
from pathlib import Path

from rushproof import catalogue
from rushproof.errors import FolderError, InputError
from rushproof.journal import read_manifest
from rushproof.journal.series_file import CAPACITY
from rushproof.launch import Evidence, Launch, launch
from rushproof.render import launch_html, launch_markdown
from rushproof.report import Report
from rushproof.run.sweep import judged
from rushproof.verdict import Status

RENDERERS = {".md": launch_markdown.render, ".html": launch_html.render}
"""by the ending of the file"""


def launched(folders: Sequence[str]) -> Launch:
    """The decision that these folders come to; FolderError for one that holds neither a run nor a capacity."""
    return launch([_evidence(folder) for folder in dict.fromkeys(folders)])


def write(found: Launch, out: str) -> list[Path]:
    """The page into a file, by its ending, or both forms into a folder; returns what was written."""
    target = Path(out)
    if target.suffix in RENDERERS:
        places = [target]
    elif target.suffix and not target.is_dir():
        raise InputError(f"--out: expected a file that ends in {' or '.join(RENDERERS)}, or a folder, found {out!r}")
    else:
        places = [target / f"launch{ending}" for ending in RENDERERS]
    try:
        places[0].parent.mkdir(parents=True, exist_ok=True)
        for place in places:
            place.write_bytes(RENDERERS[place.suffix](found))
    except OSError as problem:
        raise FolderError(f"{out} cannot be written: {problem.strerror}") from None
    return places


def _evidence(folder: str) -> Evidence:
    path = Path(folder)
    if not (path / CAPACITY.name).is_file():
        return Evidence(folder, _judged(path))
    capacity = CAPACITY.read(path)
    held = [rung for rung in capacity.rungs if rung.status is Status.PASS and rung.rate == capacity.limit]
    there = held and (path / held[-1].folder).is_dir()
    return Evidence(folder, _judged(path / held[-1].folder) if there else None, capacity)


def _judged(folder: Path) -> Report:
    return judged(folder, catalogue.audits(folder, Path.cwd()), read_manifest(folder))
