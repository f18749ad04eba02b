"""What the target itself wrote, brought into the run folder: a CSV or Parquet file in, a hashed Parquet table out."""

import csv
import io
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import msgspec

from rushproof.errors import LoadError
from rushproof.journal.columns import check_columns, picked
from rushproof.journal.tables import connect, segments
from rushproof.scenario import LedgerSpec

_LONGEST_HEADER = 65_536
"""characters"""


class Cut(msgspec.Struct, frozen=True):
    """Which rows of a table with persons are this run's."""

    begin: float
    end: float
    """unix seconds; rows without a time are not cut by it"""
    timed: bool = True
    """whether the ledger's times can be compared with ours: a target whose clock was set lives in another time"""


def import_ledger(folder: Path, name: str, spec: LedgerSpec, file: Path, cut: Cut | None = None) -> int:
    """Hashes a file (Parquet, or CSV with a header line) into `ledgers/NAME.parquet` with the run's own salt; returns how many rows it has.

    `at` is unix seconds or a timestamp; one without a zone is UTC.  With a `cut`, a table with persons keeps the rows of persons who made
    an attempt in this run, written in its time, and rows without a time.  LoadError where a needed column is missing, or a number or a
    time is none; a table that was there before is then as it was.
    """
    salt = (folder / "salt").read_text()
    target = folder / "ledgers" / f"{name}.parquet"
    aside = target.with_name(f".{name}.part")
    connection, spilled = connect(threads=os.cpu_count() or 1), tempfile.TemporaryDirectory(prefix="rushproof-")
    try:
        connection.execute(f"SET temp_directory = {_text(Path(spilled.name))}").fetchall()  # raw ids spill where nobody else looks
        connection.execute("SET TimeZone = 'UTC'").fetchall()  # for timestamps that name none
        target.parent.mkdir(exist_ok=True)
        columns = columns_of(file)
        check_columns(spec, columns, sure=_is_parquet(file))
        whole = f"SELECT {', '.join(picked(spec, columns, bytes.fromhex(salt)))} FROM {_source(file, columns)}"
        kept = whole if cut is None or spec.person is None else _cut(connection, folder, whole, cut)
        (written,) = connection.execute(f"COPY ({kept}) TO {_text(aside)} (FORMAT parquet)").fetchall()
        if not written[0] and cut is not None and cut.timed and spec.person is not None:
            _check_times(connection, folder, whole, cut)
        os.replace(aside, target)
        return int(written[0])
    except (duckdb.Error, OSError) as problem:
        raise LoadError(f"could not be read: {_first_line(problem, salt)}") from None
    finally:
        connection.close()
        spilled.cleanup()
        aside.unlink(missing_ok=True)


def columns_of(file: Path) -> tuple[str, ...]:
    """The names of a Parquet file's columns, or those in a CSV's first line; LoadError where it is neither."""
    if not _is_parquet(file):
        return _header(file)
    connection = connect()
    try:
        return tuple(str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM read_parquet({_text(file)})").fetchall())
    except duckdb.Error:
        raise LoadError("could not be read as Parquet") from None
    finally:
        connection.close()


def _header(file: Path) -> tuple[str, ...]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            names = tuple(next(csv.reader(io.StringIO(text.read(_LONGEST_HEADER), newline="")), ()))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise LoadError("could not be read as CSV in UTF-8 with a header line") from None
    if len(set(names)) < len(names):
        raise LoadError("could not be read: its first line names a column twice, or is no header")
    return names


def _cut(connection: duckdb.DuckDBPyConnection, folder: Path, rows: str, cut: Cut) -> str:
    attempts = _attempts(connection, folder)
    took_part = f"SELECT person FROM read_parquet([{attempts}])" if attempts else "SELECT NULL"
    when = f'"at" IS NULL OR "at" BETWEEN {cut.begin!r} AND {cut.end!r}' if cut.timed else "true"
    return f"SELECT * FROM ({rows}) WHERE ({when}) AND person IN ({took_part})"


def _check_times(connection: duckdb.DuckDBPyConnection, folder: Path, rows: str, cut: Cut) -> None:
    """LoadError where this run's people have rows and all were written at another time: a zone that nobody named, more likely than not."""
    theirs = _cut(connection, folder, rows, msgspec.structs.replace(cut, timed=False))
    number, first, last = connection.execute(f'SELECT count(*), min("at"), max("at") FROM ({theirs})').fetchall()[0]
    if number:
        seconds, side = (cut.begin - last, "before") if last < cut.begin else (first - cut.end, "after")
        away = f"{seconds:,.0f} s ({seconds / 3600:,.1f} h) {side}"
        raise LoadError(
            f"none of the {number:,} rows of this run's people was written in its time, the nearest {away}; "
            "a time that names no zone is read as UTC, a number as unix seconds"
        )


def _attempts(connection: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """The segments of attempts that can be read, as SQL texts; the audit says which cannot."""
    whole = []
    for path in segments(folder, "attempts"):
        try:
            connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()
            whole.append(_text(path))
        except duckdb.Error:
            continue
    return ", ".join(whole)


def _source(file: Path, columns: Sequence[str]) -> str:
    """What DuckDB is to read.  Nothing of a CSV is guessed: a guess looks at a part of it, and is wrong about the rest."""
    if _is_parquet(file):
        return f"read_parquet({_text(file)})"
    kinds = ", ".join(f"{_literal(column)}: 'VARCHAR'" for column in columns)
    return f"read_csv({_text(file)}, auto_detect = false, header = true, columns = {{{kinds}}}, delim = ',', quote = '\"', escape = '\"')"


def _is_parquet(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"PAR1"


def _text(path: Path) -> str:
    return _literal(str(path))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(problem: Exception, salt: str) -> str:
    """DuckDB quotes rows from its second line on; its first may hold our own SQL, and the salt in it."""
    return (str(problem).splitlines() or [type(problem).__name__])[0].replace(salt, "…")
