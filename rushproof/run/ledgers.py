"""The ledgers of a run: each fetched from its source into a private scratch folder, hashed into the run folder, and nothing left behind."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec

from rushproof.document import Document
from rushproof.errors import InputError, LoadError, RushproofError
from rushproof.journal import Cut, check_columns, columns_of, import_ledger
from rushproof.ledgers import Span, command, export, http, sql, table
from rushproof.manifest import Manifest
from rushproof.run.company import Company, elsewhere
from rushproof.run.control import reading_session
from rushproof.run.interrupt import Interrupt
from rushproof.run.secret import masked, resolved
from rushproof.scenario import LedgerSpec, Scenario

SLACK = 5.0
"""wall seconds around a run in which a row is still this run's: two clocks differ"""
NOT_FETCHED = "the ledger {} was not fetched: "
"""how the note begins that tells of it"""


_MARKS = "marks.json"


class Reach(msgspec.Struct, frozen=True):
    """From where the ledgers of a run are brought."""

    scenario: Scenario
    beside: Path
    """the scenario's folder"""
    url: str
    """the target's"""
    span: Span
    """the run's time, with the slack around it"""
    marks: Mapping[str, int] = {}
    """how far each export reached before the load"""
    company: Company | None = None
    """who runs beside the target; None where nobody does, or does any more"""
    whole: bool = True
    """whether all that an export has behind its mark is this run's: so it is while nothing else came later"""


def span_of(manifest: Manifest, drained: float) -> Span:
    """The time of a run whose last report came `drained` wall seconds after its start, with the slack around it."""
    return Span(manifest.start - SLACK, manifest.start + drained + SLACK)


async def marks(calls: aiohttp.ClientSession, url: str, ledgers: Mapping[str, LedgerSpec]) -> dict[str, int]:
    """How far each exported ledger of persons reaches before the load, so that what stood there is not judged.

    Tables without persons (what was on offer, and when) are taken whole: the audit needs them however old they are.
    """
    own = {name: spec for name, spec in ledgers.items() if spec.export is not None and elsewhere(spec.export)[0] is None}
    persons = {name: spec for name, spec in own.items() if spec.person is not None}
    return {name: await export.end(calls, f"{url}{spec.export}", spec.sequence) for name, spec in persons.items()}


def keep_marks(folder: Path, marked: Mapping[str, int]) -> None:
    """Notes the marks in the run folder, for ledgers that are fetched again."""
    if not marked:
        return
    (folder / "ledgers").mkdir(exist_ok=True)
    (folder / "ledgers" / _MARKS).write_bytes(msgspec.json.encode(marked))


def kept_marks(folder: Path) -> dict[str, int]:
    """The marks of a run folder; none where it holds none."""
    try:
        return msgspec.json.decode((folder / "ledgers" / _MARKS).read_bytes(), type=dict[str, int])
    except (OSError, msgspec.DecodeError):
        return {}


async def bring_all(folder: Path, calls: aiohttp.ClientSession, reach: Reach, interrupt: Interrupt) -> list[str]:
    """Every ledger of the scenario into the run folder; one that cannot be had is a note, and what claims it is unknown."""
    notes = []
    for name, spec in reach.scenario.ledgers.items():
        try:
            await interrupt.until(bring(folder, name, spec, calls, reach), interrupt.hurry)
        except (RushproofError, OSError) as problem:
            hurried = interrupt.hurry.is_set()
            notes.append(f"{NOT_FETCHED.format(name)}interrupted" if hurried else masked(str(problem)))
    return notes


async def bring(folder: Path, name: str, spec: LedgerSpec, calls: aiohttp.ClientSession | None, reach: Reach) -> int:
    """Fetches one ledger into the run folder and returns how many rows it has there.

    LoadError or InputError, without a secret, where it cannot be had or is not what the audit needs; what the folder held is then as it
    was.  `calls` goes to the target; None where the target is not there.
    """
    with tempfile.TemporaryDirectory(prefix="rushproof-") as scratch:
        try:
            file = await _fetched(name, spec, calls, reach, Path(scratch) / "ledger")
            return await asyncio.to_thread(import_ledger, folder, name, spec, file, _cut(spec, reach))
        except RushproofError as problem:
            kind = InputError if isinstance(problem, InputError) else LoadError
            raise kind(masked(NOT_FETCHED.format(name) + str(problem))) from None


async def check_sources(reach: Reach, document: Document, calls: aiohttp.ClientSession | None = None) -> None:
    """ScenarioError, with its place and without a secret, where a ledger's source cannot be had or lacks a column that the audit needs.

    Databases are asked for a query's columns without running it, files that are there already for theirs, and exports only with `calls`;
    what a command or a URL will give is known when it has given it.
    """
    for name, spec in reach.scenario.ledgers.items():
        source = "sql" if spec.sql else "file" if spec.file else "export"
        try:
            columns = await _columns(spec, calls, reach)
            if columns is not None:
                check_columns(spec, columns, sure=source == "sql")
        except RushproofError as problem:
            place = "dsn" if source == "sql" and (isinstance(problem, InputError) or "cannot be reached" in str(problem)) else source
            raise document.error(("ledgers", name, place), masked(str(problem))) from None


async def _columns(spec: LedgerSpec, calls: aiohttp.ClientSession | None, reach: Reach) -> tuple[str, ...] | None:
    """A source's columns; None where they cannot be known yet."""
    if spec.sql is not None:
        return await sql.columns(resolved(spec.dsn or "", reach.beside), spec.sql, reach.span)
    if spec.file is not None and (reach.beside / spec.file).is_file():
        return await asyncio.to_thread(columns_of, table.found(reach.beside, spec.file))
    if spec.export is not None and calls is not None:
        return await export.columns(*_way(spec.export, calls, reach), spec.sequence)
    return None


def _way(path: str, calls: aiohttp.ClientSession | None, reach: Reach) -> tuple[aiohttp.ClientSession, str]:
    """The session and the URL of a path of the target, or of a process beside it; InputError where that is not there."""
    name, rest = elsewhere(path)
    if name is None and calls is not None:
        return calls, reach.url + rest
    if name is None:
        raise InputError("it is the target's to give: say where that is with --target URL")
    if reach.company is None:
        raise InputError(f"it is for {name} to give, which runs beside the target only while a run does: give it as a file")
    return reach.company.way(path)


async def _fetched(name: str, spec: LedgerSpec, calls: aiohttp.ClientSession | None, reach: Reach, scratch: Path) -> Path:
    """The file that holds the source's rows: the scratch, or the user's own."""
    if spec.file is not None:
        return table.found(reach.beside, spec.file)
    if spec.sql is not None:
        await sql.fetch(resolved(spec.dsn or "", reach.beside), spec.sql, reach.span, scratch)
    elif spec.command is not None:
        others = {} if reach.company is None else reach.company.urls
        await command.fetch(resolved(spec.command, reach.beside), reach.beside, reach.span, scratch, reach.url, others)
    elif spec.http is not None and urlsplit(resolved(spec.http, reach.beside)).netloc:
        async with reading_session(reach.scenario.target.transport) as elsewhere:
            await http.fetch(elsewhere, resolved(spec.http, reach.beside), scratch)
    elif spec.http is not None:
        await http.fetch(*_way(resolved(spec.http, reach.beside), calls, reach), scratch)
    else:
        await export.fetch(*_way(spec.export or "", calls, reach), reach.marks.get(name, 0), scratch, spec.sequence)
    return scratch


def _cut(spec: LedgerSpec, reach: Reach) -> Cut | None:
    """What of a ledger is this run's: by its people and its time, unless the scenario takes all or the export's mark says it."""
    if spec.people == "all" or (spec.export is not None and reach.whole):
        return None
    return Cut(reach.span.begin, reach.span.end, timed=reach.scenario.target.clock is None)
