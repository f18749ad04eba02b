"""What the target itself wrote, brought into the run folder: a CSV in, a hashed Parquet table out."""

import os
from pathlib import Path

import duckdb

from rushproof import pseudonym
from rushproof.errors import LoadError
from rushproof.journal.tables import connect
from rushproof.scenario import LedgerSpec

_KINDS = {"sequence": "BIGINT", "at": "DOUBLE", "open": "DOUBLE", "close": "DOUBLE"}
"""columns that are numbers; every other one that is kept is kept as text"""


def import_ledger(folder: Path, name: str, spec: LedgerSpec, csv: Path) -> int:
    """Hashes the CSV (with a header line) into `ledgers/NAME.parquet` with the run's own salt, and returns how many rows it had.

    LoadError where a named column is missing or a number is none; the audit then has no such table, and says so.
    """
    salt = bytes.fromhex((folder / "salt").read_text())
    target = folder / "ledgers" / f"{name}.parquet"
    aside = target.with_name(f".{name}.part")
    connection = connect(threads=os.cpu_count() or 1)
    try:
        target.parent.mkdir(exist_ok=True)
        source = f"read_csv({_text(csv)}, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')"
        columns = [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        (rows,) = connection.execute(f"COPY ({_hashed(name, spec, columns, salt, source)}) TO {_text(aside)} (FORMAT parquet)").fetchall()
        os.replace(aside, target)
        return int(rows[0])
    except (duckdb.Error, OSError) as problem:
        raise LoadError(f"the ledger {name} could not be read: {_first_line(problem, salt)}") from None
    finally:
        connection.close()
        aside.unlink(missing_ok=True)


def _hashed(name: str, spec: LedgerSpec, columns: list[str], salt: bytes, source: str) -> str:
    wanted = [column for column in (spec.person, spec.key, *spec.content) if column]
    missing = [column for column in dict.fromkeys(wanted) if column not in columns]
    if missing:
        raise LoadError(f"the ledger {name} has no column {', '.join(missing)}; it has {', '.join(columns)}")
    picked = [_kept(column) for column in columns if column in spec.keep and column not in wanted]
    if spec.person:
        picked.append(f"{pseudonym.sql(salt, spec.person)} AS person")
    if spec.key:
        picked.append(f"{pseudonym.key_sql(salt, spec.key)} AS key")
    if spec.content:
        picked.append(f"{pseudonym.sql(salt, *spec.content)} AS content")
    return f"SELECT {', '.join(picked)} FROM {source}"


def _kept(column: str) -> str:
    quoted = '"' + column.replace('"', '""') + '"'
    return f"{quoted}::{_KINDS[column]} AS {quoted}" if column in _KINDS else quoted


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _first_line(problem: Exception, salt: bytes) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0].replace(salt.hex(), "…")
