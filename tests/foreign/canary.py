"""Planted secrets and persons, and every place where a byte of them could have been left."""

import csv
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import duckdb
from company import PASSWORD, SECRET, Company

PATTERNS = {"a token": rb"eyJ[\w-]{8,}\.[\w-]{8,}", "a session cookie": rb"sess\.[0-9a-f]{24}"}
"""what nobody can list beforehand, because it is made while the run goes on"""
BEFORE = 60
"""bytes that say how it came there"""
SHORTEST = 8
"""characters of a token's signature that give it away"""


class Canaries:
    """Everything that must be nowhere: by what it is, all its texts and their usual disguises."""

    def __init__(self, company: Company, users: Path, **secrets: str) -> None:
        with users.open() as lines:
            rows = list(csv.DictReader(lines))
        texts = {
            "an id": [row["uid"].removeprefix("usr_") for row in rows],
            "a token": [row["jwt"].rpartition(".")[2][:SHORTEST] for row in rows],
            "a name": [row["real_name"] for row in rows],
            "a phone number": [row["phone"] for row in rows],
            "a booking's number": [number for (number,) in company.rows("SELECT booking_no FROM bookings")],
            "the database's password": [PASSWORD],
            "the sign-in's secret": [SECRET],
            **{name: [text] for name, text in secrets.items()},
        }
        self.known = {form: what for what, several in texts.items() for text in several for form in disguises(text)}
        words = b"|".join(re.escape(form) for form in sorted(self.known, key=len, reverse=True))
        self._listed = re.compile(words)
        self._made = {what: re.compile(pattern) for what, pattern in PATTERNS.items()}

    def found(self, where: str, content: bytes) -> list[str]:
        """`a phone number in run/report.html: …`, once for each kind that is there, with what stands before it."""
        first: dict[str, re.Match[bytes]] = {}
        for match in self._listed.finditer(content):
            first.setdefault(self.known[match[0]], match)
        for what, pattern in self._made.items():
            if match := pattern.search(content):
                first.setdefault(what, match)
        return [f"{what} in {where}: {told(content, match)}" for what, match in sorted(first.items())]

    def left(self, folder: Path) -> list[str]:
        """What is left in any file under the folder, in its name, or in a Parquet file's columns as text."""
        found: list[str] = []
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            where = str(file.relative_to(folder))
            for content in (where.encode(), *contents(file)):
                found += self.found(where, content)
        return list(dict.fromkeys(found))


def told(content: bytes, match: "re.Match[bytes]") -> str:
    return content[max(match.start() - BEFORE, 0) : match.end()].decode("utf-8", "replace")


def disguises(text: str) -> set[bytes]:
    """A text as it is, in JSON, in a URL, and behind `Basic`."""
    return {text.encode(), json.dumps(text)[1:-1].encode(), quote(text, safe="").encode(), b64encode(text.encode()).rstrip(b"=")}


def contents(file: Path) -> Iterator[bytes]:
    """A file's bytes, and what is packed inside them."""
    yield file.read_bytes()
    if file.suffix == ".parquet":
        yield "\n".join(cells(file)).encode()


def cells(file: Path) -> Iterable[str]:
    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(file))
        for row in relation.fetchall():
            for cell in row:
                yield cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
        yield from relation.columns
