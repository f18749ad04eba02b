"""Which people come: those no earlier run took, unless told otherwise, and whether there are as many as the run needs."""

import asyncio
import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from rushproof.document import Document
from rushproof.errors import RushproofError
from rushproof.journal import read_manifest
from rushproof.manifest import Manifest
from rushproof.people import PersonsFile, PersonsFileError
from rushproof.persons import PersonsSpec
from rushproof.plan import Plan
from rushproof.run.options import Options
from rushproof.scenario import Scenario
from rushproof.schedule import persons

_SIGNER = (sys.executable, "-m", "rushproof.people", "--signer")
_PATIENCE = 60.0
_IN_SERIES = ("rung-[0-9][0-9]*", "hold-[0-9][0-9]*")
"""the folders that `rushproof capacity` and `rushproof metastable` make in one of their own"""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The people of one run."""

    first: int
    """where in the population, or in the persons' file, they begin"""
    count: int
    notes: tuple[str, ...] = ()
    """what is to be said of them before the run"""


def located(spec: PersonsSpec | None, beside: Path) -> PersonsSpec | None:
    """The spec with its files as absolute paths, for processes that stand elsewhere."""
    if spec is None:
        return None
    file = None if spec.file is None else str((beside / spec.file).resolve())
    path, colon, name = (spec.signer or "").rpartition(":")
    signer = f"{(beside / path).resolve()}:{name}" if colon else spec.signer
    return msgspec.structs.replace(spec, file=file, signer=signer)


async def check_persons(scenario: Scenario, options: Options) -> int | None:
    """How many rows the persons' file has, None where there is none; ScenarioError where the file or the signer cannot serve."""
    spec = located(scenario.persons, options.beside)
    if spec is None:
        return None
    if spec.signer is not None and (problem := await _unfit(spec.signer)):
        raise options.document.error(("persons", "signer"), problem)
    return None if spec.file is None else await asyncio.to_thread(_rows, spec, options.document)


async def _unfit(signer: str) -> str:
    """What is wrong with a signer, asked in a child process, because its file is the user's own."""
    child = await asyncio.create_subprocess_exec(
        *_SIGNER, signer, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        said, _ = await asyncio.wait_for(child.communicate(), _PATIENCE)
    except TimeoutError:
        child.kill()
        await child.wait()
        return f"{signer} was not loaded within {_PATIENCE:g} s"
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if child.returncode == 0:
        return ""
    return said.decode(errors="replace").strip().rpartition("\n")[2] or f"{signer} ended its process with code {child.returncode}"


def _rows(spec: PersonsSpec, document: Document) -> int:
    try:
        with PersonsFile(spec) as file:
            return file.count()
    except PersonsFileError as problem:
        raise document.error(("persons", problem.key), problem.problem) from None


def take(plan: Plan, rows: int | None, options: Options, folder: Path) -> Taken:
    """The people of a run into `folder`; ScenarioError where the rows that are left do not do."""
    count, now = persons(plan), dt.datetime.now()
    if rows is None:
        registered = int(plan.population.registered)
        return Taken(first=_given(options, first_person(folder, plan.seed, count, registered, now)), count=count)
    assert plan.persons is not None
    first = _given(options, used(folder, plan.persons.file, options.beside))
    if first + count > rows:
        problem = (
            f"{count:,} people come, but earlier runs in {folder.parent} took {min(first, rows):,} of the {rows:,} rows, which leaves "
            f"{max(rows - first, 0):,}: expected more rows, fewer people (--scale), or the same people again (--same-people)"
        )
        raise options.document.error(("persons", "file"), problem)
    try:
        with PersonsFile(plan.persons) as file:
            notes = tuple(_fit(file, plan, first, count, options.document, now.timestamp()))
    except PersonsFileError as problem:
        raise options.document.error(("persons", problem.key), problem.problem) from None
    return Taken(first=first, count=count, notes=notes)


def _given(options: Options, behind: int) -> int:
    """Where the people begin: as the options say, or behind those of earlier runs."""
    if options.first_person is not None:
        return options.first_person
    return 0 if options.same_people else behind


def _fit(file: PersonsFile, plan: Plan, first: int, count: int, document: Document, now: float) -> Iterator[str]:
    """The notes about the rows of a run; ScenarioError where they cannot be whom a run is made with."""
    assert plan.persons is not None
    spec, end = plan.persons, first + count
    doubles = file.doubles(first, end)
    if doubles.empty or doubles.doubled:
        rows = ", ".join(f"{row:,}" for row in doubles.first)
        found = [f"{doubles.empty:,} without"] if doubles.empty else []
        found += [f"{doubles.doubled:,} with the one of an earlier row"] if doubles.doubled else []
        problem = f"expected an id of its own in each of the {count:,} rows of this run, found {' and '.join(found)}, first in row {rows}"
        raise document.error(("persons", "id"), problem)
    if spec.token is None:
        return
    ends = now + plan.pace.wall(plan.timetable.end)
    tokens = file.tokens(first, end, now, ends)
    if tokens.odd:
        problem = (
            f"expected unix seconds or a timestamp such as 2026-12-01T09:00:00Z, found something else in {tokens.odd:,} rows of this run"
        )
        raise document.error(("persons", "expires"), problem)
    if spec.signer is not None:
        return
    given = count - tokens.without
    if given and tokens.ended == given:
        problem = f"all {given:,} tokens of the rows of this run have ended: expected new ones, or a 'signer' that makes them"
        raise document.error(("persons", "token"), problem)
    if tokens.ending:
        yield f"{tokens.ending:,} of {given:,} tokens end before the run does, and there is no signer to make new ones."
    if tokens.without:
        yield f"{tokens.without:,} of {count:,} persons have no token."


def used(folder: Path, file: str | None, beside: Path) -> int:
    """The rows of a persons' file that runs beside the folder have taken: rows are used up, whatever the day and the seed."""
    runs = (run for run in _beside(folder) if (spec := located(run.scenario.persons, beside)) is not None and spec.file == file)
    return max((run.first_person + run.persons for run in runs), default=0)


def first_person(folder: Path, seed: int, persons: int, registered: int, now: dt.datetime) -> int:
    """Where in the population this run's people begin: behind those of today's runs beside `folder` with the same seed.

    When the population is used up, it begins again at 0.
    """
    today = (run for run in _beside(folder) if dt.datetime.fromtimestamp(run.start).date() == now.date())
    behind = max((run.first_person + run.persons for run in today if run.seed == seed and not _read_from_file(run)), default=0)
    return behind if behind + persons <= registered else 0


def _read_from_file(run: Manifest) -> bool:
    return run.scenario.persons is not None and run.scenario.persons.file is not None


def _beside(folder: Path) -> Iterator[Manifest]:
    """The runs beside a folder, those of series beside it among them; what is none, or of another version, is passed over."""
    mine = folder.resolve()
    beside = {mine.parent, mine.parent.parent} if any(map(mine.match, _IN_SERIES)) else {mine.parent}
    for file in sorted({file for parent in beside if parent.is_dir() for child in parent.iterdir() for file in _manifests(child)}):
        if file.parent == mine:
            continue
        try:
            yield read_manifest(file.parent)
        except RushproofError:
            continue


def _manifests(child: Path) -> list[Path]:
    """The manifests of a run and of a series; none of a folder that somebody takes away meanwhile."""
    try:
        return [file for pattern in ("run.json", *(f"{name}/run.json" for name in _IN_SERIES)) for file in child.glob(pattern)]
    except OSError:
        return []
