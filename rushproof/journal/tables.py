"""The journal's tables: their columns, as SQL over the rows that a segment has gathered, and where their segments lie."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

TABLES: Mapping[str, str] = {
    "histograms": """
        SELECT (c."at" * $resolution)::DOUBLE AS "at", c.worker, s.crowd, s.step, o.word AS outcome, d.word AS distribution,
               c.bucket::USMALLINT AS bucket, sum(c.count)::UINTEGER AS count
        FROM cells c JOIN steps s ON s.id = c.step JOIN outcomes o ON o.id = c.outcome
        JOIN distributions d ON d.id = c.distribution
        GROUP BY ALL ORDER BY ALL""",
    "attempts": """
        SELECT a.worker, a.number, s.crowd, s.step, nullif(s.kind, '') AS kind, a.person, r.word AS round, a.content,
               nullif(a.key, 0) AS key, a.due, a.sent, a.done, o.word AS outcome, a.last = 1 AS last,
               CASE WHEN a.sequence < 0 THEN NULL ELSE a.sequence END AS sequence
        FROM attempts a JOIN steps s ON s.id = a.step JOIN outcomes o ON o.id = a.outcome
        JOIN rounds r ON r.id = a.round""",
    "health": """SELECT * FROM health ORDER BY "at", worker""",
    "visits": "SELECT * FROM visits ORDER BY worker, seq",
    "frames": "SELECT * FROM frames ORDER BY worker, seq",
}  # fmt: skip
"""What a segment of each table holds.

`histograms`: `at` in wall seconds since the start, `count` of values in `bucket` (see `rushproof.histogram`).  `attempts`: one row a try of
a promising step, `kind` what it promises; times in wall seconds since the start, person, key and content as keyed hashes.  `health`: one
row a worker and wall second.  `visits`: cumulated, so the last row of a worker and crowd counts.  `frames`: what arrived; numbers without
gaps for each worker.
"""


def connect(threads: int = 1) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory, with nothing of its own fetched from anywhere."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads, "autoinstall_known_extensions": False, "autoload_known_extensions": False, "preserve_insertion_order": False,
    }  # fmt: skip
    return duckdb.connect(config=settings)


def segments(folder: Path, table: str) -> list[Path]:
    """The segments of a table, in the order they were written."""
    return sorted((folder / table).glob("[0-9]*.parquet"))
