"""The target's own ledgers, fetched page by page when the load is over."""

import csv
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import msgspec

from rushproof.errors import LoadError
from rushproof.scenario import LedgerSpec

PAGE = 100_000
_PATIENCE = aiohttp.ClientTimeout(total=60.0)
_SEQUENCE = "sequence"


class Page(msgspec.Struct, frozen=True):
    """One page of an export."""

    header: bytes
    rows: bytes
    last: int
    """the highest sequence in it; that asked for, where it is empty"""


async def marks(http: aiohttp.ClientSession, url: str, ledgers: Mapping[str, LedgerSpec]) -> dict[str, int]:
    """How far each ledger of persons reaches before the load, so that what stood there is not judged.

    Tables without persons (what was on offer, and when) are taken whole: the audit needs them however old they are.
    """
    found = {}
    for name, spec in ledgers.items():
        if spec.export is not None and spec.person is not None:
            last, more = 0, True
            while more:
                page = await _page(http, url + spec.export, last)
                last, more = page.last, bool(page.rows)
            found[name] = last
    return found


async def fetch(http: aiohttp.ClientSession, url: str, after: int, csv_file: Path) -> None:
    """Everything behind sequence `after`, as one CSV; LoadError where the target does not give it."""
    with csv_file.open("wb") as file:
        page = await _page(http, url, after)
        file.write(page.header)
        while page.rows:
            file.write(page.rows)
            page = await _page(http, url, page.last)


async def _page(http: aiohttp.ClientSession, url: str, after: int) -> Page:
    params = {"after": str(after), "limit": str(PAGE)}
    try:
        async with http.get(url, params=params, allow_redirects=False, timeout=_PATIENCE) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise LoadError(f"the ledger {url} answered {answer.status}: {body[:200].decode(errors='replace')}")
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        raise LoadError(f"the ledger {url} cannot be fetched: {str(problem) or type(problem).__name__}") from None
    header, _, rows = body.partition(b"\n")
    if rows and not rows.endswith(b"\n"):
        rows += b"\n"
    return Page(header + b"\n", rows, _last(url, header, rows, after))


def _last(url: str, header: bytes, rows: bytes, after: int) -> int:
    names = next(csv.reader([header.decode()]), [])
    if _SEQUENCE not in names:
        raise LoadError(f"the ledger {url} has no column {_SEQUENCE!r}: {', '.join(names)}")
    if not rows:
        return after
    line = rows[rows.rfind(b"\n", 0, -1) + 1 :].decode().strip()
    try:
        last = int(next(csv.reader([line]))[names.index(_SEQUENCE)])
    except (ValueError, IndexError, StopIteration):
        raise LoadError(f"the ledger {url} has a row without a number as sequence: {line[:100]!r}") from None
    if last <= after:
        raise LoadError(f"the ledger {url} is not ordered by sequence: {last} came after {after}")
    return last
