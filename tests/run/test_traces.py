"""What a walk left in its folder: acknowledgements looked up in the ledgers, by what both sides know them by."""

from pathlib import Path

import duckdb
import pytest

from rushproof.run.traces import acknowledged, ledgers_seen

ATTEMPT = {
    "crowd": "'buyers'",
    "step": "'buy'",
    "person": "7",
    "round": "'r1'",
    "content": "9",
    "key": "5",
    "sequence": "3",
    "outcome": "'ok'",
}
ENTRY = {"sequence": "3", "person": "7", "round": "'r1'", "key": "5", "content": "9", "at": "1.5"}


def written(folder: Path, table: str, row: dict[str, str]) -> None:
    file = folder / ("attempts/000000" if table == "attempts" else f"ledgers/{table}")
    file.parent.mkdir(exist_ok=True)
    columns = ", ".join(f'{value} AS "{name}"' for name, value in {**row, **({"done": "0.1"} if table == "attempts" else {})}.items())
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns}) TO '{file}.parquet' (FORMAT parquet)").fetchall()


@pytest.mark.parametrize(
    ("attempt", "entry", "named", "found"),
    [
        ({}, {}, "by sequence 3", "in it"),
        ({}, {"sequence": "4"}, "by sequence 3", "not in it"),
        ({}, {"sequence": "NULL::BIGINT"}, "by sequence 3", "in it"),  # the ledger has none: by key
        ({"sequence": "NULL::BIGINT"}, {"key": "6"}, "by key", "not in it"),
        ({"sequence": "NULL::BIGINT"}, {}, "by key", "in it"),
        ({"sequence": "NULL::BIGINT", "key": "NULL::BIGINT"}, {}, "by person, round and content", "in it"),
        ({"sequence": "NULL::BIGINT", "key": "NULL::BIGINT"}, {"person": "8"}, "by person, round and content", "not in it"),
        ({}, {"round": "'r2'", "content": "8"}, "by sequence 3", "in it, but of another round and content"),
        ({}, {"round": "NULL"}, "by sequence 3", "in it"),
    ],
)
def test_an_acknowledgement_is_looked_up(attempt: dict[str, str], entry: dict[str, str], named: str, found: str, tmp_path: Path) -> None:
    written(tmp_path, "attempts", {**ATTEMPT, **attempt})
    written(tmp_path, "ledger", {**ENTRY, **entry})
    (one,) = acknowledged(tmp_path, ledgers_seen(tmp_path, ("ledger",)))

    assert (one.crowd, one.step, one.named, list(one.found)) == ("buyers", "buy", named, ["ledger"])
    assert one.found["ledger"].partition(" (")[0] == found


def test_the_row_that_was_found_is_shown_masked(tmp_path: Path) -> None:
    written(tmp_path, "attempts", ATTEMPT)
    written(tmp_path, "ledger", {**ENTRY, "person": "7::UBIGINT", "round": "'Li Lei, 1 Road'", "at": "1.5::DOUBLE", "phone": "'555'"})
    (one,) = acknowledged(tmp_path, ledgers_seen(tmp_path, ("ledger",)))

    assert one.found["ledger"] == (
        "in it, but of another round (sequence 3, person 0000…, round …, key 0000…, content 0000…, at 1970-01-01 00:00:01Z)"
    )


def test_what_was_not_ok_is_no_acknowledgement(tmp_path: Path) -> None:
    written(tmp_path, "attempts", {**ATTEMPT, "outcome": "'refused'"})

    assert acknowledged(tmp_path, ()) == ()
    assert acknowledged(tmp_path / "nowhere", ()) == ()


def test_a_ledger_is_seen_with_its_columns_and_those_without_a_value(tmp_path: Path) -> None:
    written(tmp_path, "ledger", {**ENTRY, "sequence": "NULL::BIGINT"})
    seen, absent = ledgers_seen(tmp_path, ("ledger", "orders"))

    assert (seen.rows, seen.columns, seen.empty) == (1, tuple(ENTRY), ("sequence",))
    assert (absent.name, absent.there) == ("orders", False)


def test_a_table_without_persons_is_not_looked_into(tmp_path: Path) -> None:
    written(tmp_path, "attempts", ATTEMPT)
    written(tmp_path, "rounds", {"round": "'r1'"})
    (one,) = acknowledged(tmp_path, ledgers_seen(tmp_path, ("rounds",)))

    assert dict(one.found) == {}
