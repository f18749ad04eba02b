"""`rushproof audit`: evidence that comes later, and a run that is judged anew by it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from rushproof.journal import read_manifest, write_manifest

Called = Callable[..., Any]


@pytest.fixture
def without(recorded: Path) -> Path:
    """A run of which no ledger could be had."""
    shutil.rmtree(recorded / "ledgers")
    note = "the ledger ledger was not fetched: its database was away"
    write_manifest(recorded, msgspec.structs.replace(read_manifest(recorded), notes=(note, "the weather was fine")))
    return recorded


def status(folder: Path, name: str) -> str:
    findings = json.loads((folder / "verdict.json").read_text())["findings"]
    return next(str(finding["status"]) for finding in findings if finding["name"] == name)


def ledger_of(folder: Path, file: Path, columns: str = "sequence, person, round, shop, key, at") -> Path:
    """What the target's own ledger would be, without a row."""
    file.write_text(columns.replace(" ", "") + "\n")
    return file


def test_a_file_is_brought_in_and_the_run_is_judged_by_it(without: Path, tmp_path: Path, rushproof: Called) -> None:
    rushproof("judge", str(without))
    assert status(without, "acknowledged_is_kept") == "unknown"

    found = rushproof("audit", str(without), "--ledger", str(ledger_of(without, tmp_path / "empty.csv")))

    assert found.code == 1, found.err
    assert status(without, "acknowledged_is_kept") == "fail"
    assert "acknowledged_is_kept" in found.out
    assert str(without / "report.html") in found.out
    assert read_manifest(without).notes == ("the weather was fine",)


@pytest.mark.parametrize(
    ("word", "table"), [("{}/rounds.csv", "rounds"), ("{}/bookings.csv", "ledger"), ("rounds={}/bookings.csv", "rounds")]
)
def test_a_file_becomes_the_table_that_is_named_or_that_its_stem_names(
    without: Path, tmp_path: Path, rushproof: Called, word: str, table: str
) -> None:
    for name in ("rounds", "bookings"):
        ledger_of(without, tmp_path / f"{name}.csv", "sequence,person,round,open,close,shop,key,at")

    rushproof("audit", str(without), "--ledger", word.format(tmp_path))

    assert [path.stem for path in (without / "ledgers").glob("*.parquet")] == [table]


def test_a_parquet_file_will_do(without: Path, tmp_path: Path, rushproof: Called) -> None:
    with duckdb.connect() as connection:
        query = "SELECT 1 AS sequence, 'p' AS person, 'r' AS round, 's' AS shop, 'k' AS key, now() AS at"
        connection.execute(f"COPY ({query}) TO '{tmp_path}/rows.parquet' (FORMAT parquet)").fetchall()

    assert rushproof("audit", str(without), "--ledger", str(tmp_path / "rows.parquet")).code == 1


REFUSED = [
    (["--ledger", "{}/absent.csv"], "--ledger: no such file: "),
    (["--ledger", "a-b={}/empty.csv"], "expected a table's name before the =, found 'a-b'"),
    (["--ledger", "{}/empty.csv", "--ledger", "{}/other.csv"], "two files for the table ledger"),
    (["--ledger", "{}/short.csv"], "the ledger ledger was not fetched: no column person "),
    ([], "the ledger ledger was not fetched: it is the target's to give: say where that is with --target URL"),
    (
        ["--target", "http://127.0.0.1:9"],
        "the ledger ledger was not fetched: the export http://127.0.0.1:9/ledger/reservations.csv cannot be",
    ),
    (["--target", "http://192.0.2.1"], "192.0.2.1, not this machine"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=[said[:40] for _, said in REFUSED])
def test_what_cannot_be_brought_is_told_and_the_run_is_as_it_was(
    recorded: Path, tmp_path: Path, rushproof: Called, words: list[str], said: str
) -> None:
    for name, columns in (("empty", "sequence,person,round,shop,key,at"), ("other", "a"), ("short", "sequence,round,shop,at")):
        ledger_of(recorded, tmp_path / f"{name}.csv", columns)
    before = {path: path.read_bytes() for path in recorded.rglob("*") if path.is_file()}

    found = rushproof("audit", str(recorded), *[word.format(tmp_path) for word in words])

    assert found.code in (2, 3)
    assert said in found.err
    assert "Traceback" not in found.err
    assert {path: path.read_bytes() for path in recorded.rglob("*") if path.is_file()} == before


def test_the_scenarios_own_sources_are_asked_again_with_secrets_of_now(
    recorded: Path, tmp_path: Path, rushproof: Called, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine" / "audit").mkdir(parents=True)
    (tmp_path / "mine" / "audit" / "every_row_is_red.sql").write_text(
        "-- Every row is red.\n-- over: paint\nSELECT * FROM paint WHERE key <> 7"
    )
    text = (Path(__file__).parents[2] / "scenarios" / "smoke.yaml").read_text()
    (tmp_path / "mine" / "smoke.yaml").write_text(
        text[: text.index("ledgers:")] + "ledgers:\n  paint: {sql: \"SELECT 1 AS sequence, 'p' AS person, 'red' AS key\", "
        'dsn: "${env:LEDGER_DSN}", people: all}\naudit: [every_row_is_red]\nbudget:\n'
        "  - {measure: share, step: reserve, outcome: error, at_most: 100%}\n"
    )
    monkeypatch.setenv("LEDGER_DSN", postgres)
    words = ("audit", str(recorded), "--scenario", str(tmp_path / "mine" / "smoke.yaml"))

    found = rushproof(*words)

    assert found.code == 1, found.err
    assert status(recorded, "every_row_is_red") == "fail"
    monkeypatch.setenv("LEDGER_DSN", postgres.replace("postgres:@", "CANARY-user:CANARY-password@"))
    refused = rushproof(*words)
    assert (refused.code, "CANARY" in refused.err) == (3, False)
    assert "the ledger paint was not fetched: the database cannot be reached" in refused.err


def test_a_run_is_judged_by_the_invariants_that_it_keeps(recorded: Path, rushproof: Called) -> None:
    claimed = read_manifest(recorded).scenario.audit
    assert {path.stem for path in (recorded / "audit").glob("*.sql")} == set(claimed)
    (recorded / "audit" / "no_gap.sql").write_text("-- It was otherwise then.\n-- over: ledger\nSELECT 1")

    rushproof("judge", str(recorded))

    assert status(recorded, "no_gap") == "fail"
