"""A ledger that the target itself exports: CSV, page by page, by sequence or whatever column of growing numbers stands for it."""

import csv
from pathlib import Path

import aiohttp
import msgspec

from rushproof.errors import LoadError

PAGE = 100_000
_PATIENCE = aiohttp.ClientTimeout(total=60.0)
_SEQUENCE = "sequence"


class Page(msgspec.Struct, frozen=True):
    """One page of an export."""

    header: bytes
    rows: bytes
    last: int
    """the highest sequence in it; that asked for, where it is empty"""


async def end(http: aiohttp.ClientSession, url: str, by: str = _SEQUENCE) -> int:
    """The highest sequence there is now, 0 where there is no row."""
    last, more = 0, True
    while more:
        page = await _page(http, url, last, by=by)
        last, more = page.last, bool(page.rows)
    return last


async def columns(http: aiohttp.ClientSession, url: str, by: str = _SEQUENCE) -> tuple[str, ...]:
    """The names in the export's header."""
    page = await _page(http, url, 0, limit=1, by=by)
    return tuple(next(csv.reader([page.header.decode(errors="replace")]), []))


async def fetch(http: aiohttp.ClientSession, url: str, after: int, csv_file: Path, by: str = _SEQUENCE) -> None:
    """Everything behind sequence `after`, as one CSV; LoadError where the target does not give it."""
    with csv_file.open("wb") as file:
        page = await _page(http, url, after, by=by)
        file.write(page.header)
        while page.rows:
            file.write(page.rows)
            page = await _page(http, url, page.last, by=by)


async def _page(http: aiohttp.ClientSession, url: str, after: int, limit: int | None = None, by: str = _SEQUENCE) -> Page:
    params = {"after": str(after), "limit": str(limit or PAGE)}
    try:
        async with http.get(url, params=params, allow_redirects=False, timeout=_PATIENCE) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise LoadError(f"the export {url} answered {answer.status}, expected 200 with CSV")
    except (aiohttp.ClientError, TimeoutError, OSError) as problem:
        raise LoadError(f"the export {url} cannot be fetched: {str(problem) or type(problem).__name__}") from None
    header, _, rows = body.partition(b"\n")
    if rows and not rows.endswith(b"\n"):
        rows += b"\n"
    return Page(header + b"\n", rows, _last(url, header, rows, after, by))


def _last(url: str, header: bytes, rows: bytes, after: int, by: str) -> int:
    names = next(csv.reader([header.decode()]), [])
    if by not in names:
        raise LoadError(f"the export {url} has no column {by!r} in its first line, by which it is read page by page")
    if not rows:
        return after
    line = rows[rows.rfind(b"\n", 0, -1) + 1 :].decode().strip()
    try:
        last = int(next(csv.reader([line]))[names.index(by)])
    except (ValueError, IndexError, StopIteration):
        raise LoadError(f"the export {url} has a row without a number as {by}") from None
    if last <= after:
        raise LoadError(f"the export {url} is not ordered by {by}: {last} came after {after}")
    return last
