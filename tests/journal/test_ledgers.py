from pathlib import Path
from typing import Any

import duckdb
import pytest

from rushproof.errors import LoadError
from rushproof.journal import Journal, import_ledger
from rushproof.pseudonym import content, pseudonym
from rushproof.scenario import LedgerSpec

SPEC = LedgerSpec(export="/ledger.csv", content=("shop", "colour"))
HEADER = "sequence,person,round,shop,colour,key,at\n"


@pytest.fixture
def run(tmp_path: Path, make_manifest: Any) -> Journal:
    return Journal.create(tmp_path / "run", make_manifest())


def imported(run: Journal, text: str, spec: LedgerSpec = SPEC, name: str = "ledger") -> tuple[list[str], list[tuple[Any, ...]]]:
    """What a CSV became: its columns and rows."""
    csv = run.folder.parent / f"{name}.csv"
    csv.write_bytes(text.encode())
    rows = import_ledger(run.folder, name, spec, csv)
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM '{run.folder}/ledgers/{name}.parquet' ORDER BY sequence")
        columns = [column[0] for column in found.description]
        table = found.fetchall()
    assert rows == len(table)
    return columns, table


def test_ids_and_contents_are_hashed_as_the_engine_hashes_them(run: Journal) -> None:
    columns, rows = imported(run, HEADER + "17,p000000000017,2022-04-01.r1,s00001,red,k-9,1648803600.25\n")

    row = dict(zip(columns, rows[0], strict=True))
    assert row == {
        "sequence": 17, "round": "2022-04-01.r1", "at": 1648803600.25, "person": pseudonym(run.salt, "p000000000017"),
        "key": pseudonym(run.salt, "k-9"), "content": content(run.salt, ("s00001", "red")),
    }  # fmt: skip


def test_no_raw_id_is_left_in_the_folder(run: Journal) -> None:
    imported(run, HEADER + "17,CANARY-PERSON,r1,CANARY-SHOP,red,CANARY-KEY,1.0\n")

    for path in run.folder.rglob("*"):
        assert path.is_dir() or b"CANARY" not in path.read_bytes()


def test_a_column_that_nobody_named_stays_out(run: Journal) -> None:
    columns, _ = imported(run, "sequence,person,shop,colour,key,phone\n1,p,s,red,k,CANARY-13800138000\n")

    assert "phone" not in columns
    assert all(b"CANARY" not in file.read_bytes() for file in run.folder.rglob("*") if file.is_file())


def test_numbers_with_leading_zeros_quotes_and_other_scripts_stay_what_they_are(run: Journal) -> None:
    columns, rows = imported(run, HEADER + '1,007,r1,"a, ""b""\nc",红,0010,1\n')

    row = dict(zip(columns, rows[0], strict=True))
    assert row["person"] == pseudonym(run.salt, "007")
    assert row["key"] == pseudonym(run.salt, "0010")
    assert row["content"] == content(run.salt, ('a, "b"\nc', "红"))


def test_a_ledger_without_rows_is_an_empty_table(run: Journal) -> None:
    assert imported(run, HEADER)[1] == []


def test_a_table_without_persons_is_kept_as_it_is(run: Journal) -> None:
    spec = LedgerSpec(export="/rounds.csv", person=None, key=None)
    columns, rows = imported(run, "sequence,round,open,close\n1,r1,10.5,20\n", spec, "rounds")
    assert (columns, rows) == (["sequence", "round", "open", "close"], [(1, "r1", 10.5, 20.0)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "sequence,person,round,shop,key,at\n1,p,r,s,k,1\n",
            r"no column colour \(content: .*\); it has sequence, person, round, shop, key, at",
        ),
        (HEADER + "one,p,r,s,c,k,1\n", "could not be read"),
        (HEADER + "1,p,r,s,c\n", "could not be read"),
        ("", "no column person .*first line has 0 fields|could not be read"),
    ],
)
def test_what_is_no_such_ledger_is_told_and_leaves_no_table(run: Journal, text: str, said: str) -> None:
    with pytest.raises(LoadError, match=said) as caught:
        imported(run, text)

    assert run.salt.hex() not in str(caught.value)
    assert not list((run.folder / "ledgers").glob("*"))
