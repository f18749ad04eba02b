"""One question to the target itself: JSON or SQL in, one number out, or a sentence why there is none."""

import asyncio
import csv
import tempfile
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from rushproof.errors import RushproofError
from rushproof.ledgers import Span, sql
from rushproof.run.control import said, whole
from rushproof.run.prometheus import Number

WITHIN = 1.0
"""wall seconds in which it has to answer"""
_PATIENCE = aiohttp.ClientTimeout(total=WITHIN)
_MOST = 1 << 20


async def from_json(http: aiohttp.ClientSession, url: str, field: str) -> Number:
    """Asks once; whatever happens is an answer."""
    try:
        async with http.get(url, allow_redirects=False, timeout=_PATIENCE) as answer:
            if answer.status // 100 != 2:
                return Number(None, f"it answered {answer.status}")
            return found(await whole(answer, _MOST), field)
    except TimeoutError:
        return Number(None, f"no answer within {WITHIN:g} s")
    except (aiohttp.ClientError, OSError, ValueError, RushproofError) as problem:
        return Number(None, said(problem))


async def from_sql(dsn: str, query: str, span: Span) -> Number:
    """The same of a database."""
    with tempfile.TemporaryDirectory(prefix="rushproof-") as scratch:
        file = Path(scratch) / "rows"
        try:
            async with asyncio.timeout(WITHIN):
                await sql.fetch(dsn, query, span, file)
        except TimeoutError:
            return Number(None, f"no answer within {WITHIN:g} s")
        except RushproofError as problem:
            return Number(None, str(problem))
        with file.open(encoding="utf-8", newline="") as rows:
            told = list(csv.reader(rows))
    if len(told) != 2 or not told[1]:
        return Number(None, f"the query gives {max(len(told) - 1, 0)} rows, expected one")
    try:
        return Number(float(told[1][0]))
    except ValueError:
        return Number(None, "the query's one value is no number")


def found(body: bytes, field: str) -> Number:
    """The number at a dotted path of a JSON document."""
    try:
        here: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return Number(None, "it answered no JSON")
    for word in field.split(".") if field else ():
        if isinstance(here, list):
            here = here[int(word)] if word.isdecimal() and int(word) < len(here) else None
        else:
            here = here.get(word) if isinstance(here, dict) else None
    if isinstance(here, list):
        return Number(float(len(here)))
    if isinstance(here, int | float):
        return Number(float(here))
    return Number(None, f"{field or 'the document'!r} is no number, truth or list in what it answered")
