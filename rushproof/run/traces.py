"""What a walk left: its acknowledgements, looked for in each ledger, and what each ledger holds."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from rushproof.mask import MASK, is_word
from rushproof.walk import Acknowledged, LedgerSeen

_SAME = ("person", "round", "content")
_SHOWN = ("sequence", "person", "round", "key", "content", "at")


def ledgers_seen(folder: Path, names: Sequence[str]) -> tuple[LedgerSeen, ...]:
    """The ledgers of these names, as the audit of a run folder has them."""
    with duckdb.connect() as connection:
        return tuple(_seen(connection, name, _file(folder, name)) for name in names)


def acknowledged(folder: Path, ledgers: Sequence[LedgerSeen], kinds: Mapping[str, str | None] = {}) -> tuple[Acknowledged, ...]:
    """What was promised in a run folder, in the order it was, and what each ledger of persons says of it.

    `kinds`: by ledger, the kind of promise that it keeps; what was promised of another kind is not looked for in it.
    """
    files = sorted(str(path) for path in (folder / "attempts").glob("[0-9]*.parquet"))
    if not files:
        return ()
    with duckdb.connect() as connection:
        promised = _rows(connection, "SELECT * FROM read_parquet(?) WHERE outcome = 'ok' ORDER BY done", [files])
        tables = [ledger for ledger in ledgers if ledger.there and "person" in ledger.columns]
        return tuple(
            Acknowledged(
                crowd=str(row["crowd"]),
                step=str(row["step"]),
                named=_named(row),
                found={
                    ledger.name: _found(connection, row, ledger, _file(folder, ledger.name))
                    for ledger in tables
                    if kinds.get(ledger.name) in (None, row.get("kind"))
                },
            )
            for row in promised
        )


def _file(folder: Path, name: str) -> Path:
    return folder / "ledgers" / f"{name}.parquet"


def _seen(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> LedgerSeen:
    if not file.is_file():
        return LedgerSeen(name=name, there=False)
    columns = [str(row["column_name"]) for row in _rows(connection, "DESCRIBE SELECT * FROM read_parquet(?)", [str(file)])]
    counts = ", ".join(f"count({_quoted(column)})" for column in columns)
    rows, *filled = connection.execute(f"SELECT count(*), {counts} FROM read_parquet(?)", [str(file)]).fetchall()[0]
    empty = tuple(column for column, count in zip(columns, filled, strict=True) if not count)
    return LedgerSeen(name=name, rows=int(rows), columns=tuple(columns), empty=empty if rows else ())


def _named(row: dict[str, Any]) -> str:
    if row["sequence"] is not None:
        return f"by sequence {row['sequence']}"
    return "by key" if row["key"] is not None else "by person, round and content"


def _found(connection: duckdb.DuckDBPyConnection, row: dict[str, Any], ledger: LedgerSeen, file: Path) -> str:
    """By sequence where both sides have one, by key otherwise, and by the rest where there is neither."""
    for name in ("sequence", "key"):
        if row[name] is not None and name in ledger.columns and name not in ledger.empty:
            query = f"SELECT * FROM read_parquet(?) WHERE {name} = ? LIMIT 1"
            entries = _rows(connection, query, [str(file), row[name]])
            return _compared(row, entries[0]) if entries else "not in it"
    same = " AND ".join(f"{name} IS NOT DISTINCT FROM ?" for name in _SAME)
    entries = _rows(connection, f"SELECT * FROM read_parquet(?) WHERE {same} LIMIT 1", [str(file), *(row[name] for name in _SAME)])
    return _compared(row, entries[0]) if entries else "not in it"


def _compared(row: dict[str, Any], entry: dict[str, Any]) -> str:
    others = [name for name in _SAME if name in entry and entry[name] is not None and entry[name] != row[name]]
    but = f", but of another {' and '.join(others)}" if others else ""
    return f"in it{but} ({_masked(entry)})"


def _masked(entry: dict[str, Any]) -> str:
    """The ledger's row as it may be shown: enough to find it again, too little to know whom it is about."""
    said = [(name, entry[name]) for name in _SHOWN if entry.get(name) is not None]
    return ", ".join(f"{name} {_word(name, value)}" for name, value in said)


def _word(name: str, value: Any) -> str:
    if name in ("person", "key", "content") and isinstance(value, int):
        return f"{value:016x}"[:4] + MASK
    if name == "at" and isinstance(value, float):
        return dt.datetime.fromtimestamp(value, dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return str(value) if is_word(str(value)) else MASK


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    result = connection.execute(query, values)
    names = [str(column[0]) for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
