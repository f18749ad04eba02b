"""Run folders by hand: attempts, a ledger and rounds, written as the journal writes them."""

import json
from pathlib import Path
from typing import Any, Self

import duckdb
import pytest

ROUND = "2022-04-01.r1"
OPEN, CLOSE = 1000.0, 1060.0


class Evening:
    """An honest target: `honest()` has a hundred persons acknowledged, a few refused and in doubt, and a ledger that says the same."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.attempts: list[dict[str, Any]] = []
        self.ledger: list[dict[str, Any]] | None = []
        self.rounds: list[dict[str, Any]] | None = [{"sequence": 1, "round": ROUND, "open": OPEN, "close": CLOSE}]
        self.frames = [{"worker": 0, "seq": seq, "final": seq == 4} for seq in range(5)]
        self.workers = 1
        self.kinds = True
        """whether attempts tell what was promised; folders of version 0.1 do not"""

    def honest(self) -> Self:
        for person in range(1, 101):
            self.attempt(person, sequence=person).entry(person, sequence=person)
        self.attempt(7, outcome="ok", sequence=7)  # asked again, told the same
        self.attempt(101, outcome="doubt").entry(101, sequence=101)  # it may have happened, and it did
        self.attempt(102, outcome="doubt").attempt(103, outcome="shed").attempt(8, key=9008, outcome="refused")
        return self

    def attempt(self, person: int, *, key: int | None = None, outcome: str = "ok", sequence: int | None = None, **more: Any) -> Self:
        """One try of a person."""
        row = {"worker": 0, "number": person, "crowd": "reservers", "step": "reserve", "person": _hash(person), "round": ROUND}
        row |= {"kind": "reservation"}
        row |= {
            "content": _hash(5),
            "key": _hash(1000 + person if key is None else key),
            "due": 1.0,
            "sent": 1.0,
            "done": 1.1,
            "outcome": outcome,
        }
        self.attempts.append(row | {"last": True, "sequence": sequence} | more)
        return self

    def entry(self, person: int, *, sequence: int, key: int | None = None, **more: Any) -> Self:
        """One row of the ledger."""
        row = {"sequence": sequence, "person": _hash(person), "round": ROUND, "key": _hash(key or 1000 + person), "content": _hash(5)}
        assert self.ledger is not None
        self.ledger.append(row | {"at": OPEN + 5.0} | more)
        return self

    def written(self) -> Path:
        """The folder with all of it in it."""
        (self.folder / "run.json").write_text(json.dumps({"workers": self.workers, "run": "by hand"}))
        for table, rows in (("attempts/000000", self.attempts), ("frames/000000", self.frames)):
            self._write(table, rows)
        for table, ledger in (("ledgers/ledger", self.ledger), ("ledgers/rounds", self.rounds)):
            if ledger is not None:
                self._write(table, ledger)
        return self.folder

    def _write(self, table: str, rows: list[dict[str, Any]]) -> None:
        path = self.folder / f"{table}.parquet"
        path.parent.mkdir(exist_ok=True)
        kinds = _COLUMNS[table.split("/")[-1 if "ledgers" in table else 0]]
        names = [name for name in kinds if name != "kind" or self.kinds]
        columns = ", ".join(f'"{name}" {kinds[name]}' for name in names)
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE rows ({columns})").fetchall()
            if rows:
                places = ", ".join([f"({', '.join('?' * len(names))})"] * len(rows))
                connection.execute(f"INSERT INTO rows VALUES {places}", [row[name] for row in rows for name in names]).fetchall()
            connection.execute(f"COPY rows TO '{path}' (FORMAT parquet)").fetchall()


_COLUMNS = {
    "attempts": {
        "worker": "INTEGER", "number": "BIGINT", "crowd": "VARCHAR", "step": "VARCHAR", "person": "UBIGINT", "round": "VARCHAR",
        "content": "UBIGINT", "key": "UBIGINT", "due": "DOUBLE", "sent": "DOUBLE", "done": "DOUBLE", "outcome": "VARCHAR",
        "last": "BOOLEAN", "sequence": "BIGINT", "kind": "VARCHAR",
    },
    "frames": {"worker": "BIGINT", "seq": "BIGINT", "final": "BOOLEAN"},
    "ledger": {"sequence": "BIGINT", "person": "UBIGINT", "round": "VARCHAR", "key": "UBIGINT", "content": "UBIGINT", "at": "DOUBLE"},
    "rounds": {"sequence": "BIGINT", "round": "VARCHAR", "open": "DOUBLE", "close": "DOUBLE"},
}  # fmt: skip


def _hash(number: int) -> int:
    return (number * 0x9E3779B97F4A7C15) % 2**64


@pytest.fixture
def evening(tmp_path: Path) -> Evening:
    folder = tmp_path / "run"
    folder.mkdir()
    return Evening(folder)
