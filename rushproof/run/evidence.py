"""Evidence that comes later: ledgers for a run that is over, from files or from the scenario's own sources."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import msgspec

from rushproof.errors import FolderError, InputError
from rushproof.journal import read_manifest, write_manifest
from rushproof.manifest import Manifest
from rushproof.run.control import control_session
from rushproof.run.hosts import check_host
from rushproof.run.interrupt import Interrupt
from rushproof.run.ledgers import NOT_FETCHED, Reach, bring, kept_marks, span_of
from rushproof.run.secret import resolved
from rushproof.run.transport import settled_transport
from rushproof.scenario import LedgerSpec


async def bring_evidence(
    folder: Path, manifest: Manifest, beside: Path, files: Mapping[str, Path], target: str | None, own_host: str | None
) -> Manifest:
    """Brings ledgers into a run folder: `files` by table, or where there are none, all of the scenario's sources again.

    Returns the manifest without the notes about ledgers that are there now.  InputError or LoadError where one cannot be had or lacks what
    the audit needs; a table that was there before is then as it was.
    """
    specs = dict(manifest.scenario.ledgers)
    if files:
        specs = {name: _of_a_file(specs.get(name, LedgerSpec()), path) for name, path in files.items()}
    if not specs:
        raise InputError("the run's scenario has no ledgers to ask: give a file with --ledger, or a scenario that has with --scenario")
    url = (target or resolved(manifest.scenario.target.url, beside)).rstrip("/")
    reach = Reach(manifest.scenario, beside, url, span_of(manifest, manifest.drained), kept_marks(folder), whole=False)
    with Interrupt() as interrupt:
        async with _calls(manifest, specs, beside, target, own_host, url) as calls:
            for name, spec in specs.items():
                await interrupt.until(bring(folder, name, spec, calls, reach))
    told = tuple(NOT_FETCHED.format(name) for name in specs)
    notes = tuple(note for note in manifest.notes if not note.startswith(told))
    try:
        write_manifest(folder, msgspec.structs.replace(read_manifest(folder), notes=notes, unquiet=""))
    except OSError as problem:
        raise FolderError(f"{folder} cannot be written: {problem.strerror}") from None
    return msgspec.structs.replace(manifest, notes=notes, unquiet="")


def _of_a_file(spec: LedgerSpec, path: Path) -> LedgerSpec:
    """The table's columns as the scenario names them, from this file."""
    return msgspec.structs.replace(spec, export=None, sql=None, dsn=None, http=None, command=None, file=str(path.resolve()))


@contextlib.asynccontextmanager
async def _calls(
    manifest: Manifest, specs: Mapping[str, LedgerSpec], beside: Path, target: str | None, own_host: str | None, url: str
) -> AsyncIterator[aiohttp.ClientSession | None]:
    """A session to the target, where one of the ledgers is its own to give and it can be there: a target that a run starts is not."""
    asked = any(spec.export is not None or (spec.http or "").startswith("/") for spec in specs.values())
    if not asked or (target is None and manifest.scenario.target.command is not None):
        yield None
        return
    transport = settled_transport(manifest.scenario.target.transport, beside)
    host = check_host(url, own_host, Path.cwd(), transport)
    async with control_session(url, transport, own_host or "", () if host is None else host.addresses) as calls:
        yield calls
