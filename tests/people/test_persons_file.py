"""A user's own file of persons: its rows in its order, whatever wrote it, however large it is."""

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rushproof.people import PersonsFile, PersonsFileError
from rushproof.persons import PersonsSpec, Row

MANY = 3_000_000
LEAST = 20_000
"""rows a second; several hundred thousand are usual"""


def write(path: Path, select: str) -> Path:
    """The rows of a query, written as the path's ending says."""
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' ({'FORMAT parquet' if path.suffix == '.parquet' else 'FORMAT csv, HEADER'})")
    return path


def spec(path: Path, **more: Any) -> PersonsSpec:
    return PersonsSpec(file=str(path), **more)


def rows(path: Path, first: int = 0, end: int = 1 << 40, step: int = 1, size: int = 256, **more: Any) -> list[Row]:
    with PersonsFile(spec(path, **more)) as file:
        return [row for batch in file.rows(first, end, step, size) for row in batch]


@pytest.mark.parametrize("name", ["people.csv", "people.csv.gz", "people.parquet"])
def test_rows_come_in_the_files_order_with_what_was_named(name: str, tmp_path: Path) -> None:
    columns = """'m' || (999 - range) AS id, range AS n, 't' || range AS token, 'x,"' || range AS shop"""
    path = write(tmp_path / name, f"SELECT {columns} FROM range(1000)")
    found = rows(path, token="token", attributes=("shop", "n"))
    assert found == [Row(n, f"m{999 - n}", f"t{n}", None, {"shop": f'x,"{n}', "n": str(n)}) for n in range(1000)]


@pytest.mark.parametrize("name", ["people.csv", "people.parquet"])
@pytest.mark.parametrize(
    ("first", "end", "step", "size"), [(0, 10, 1, 3), (7, 993, 3, 256), (995, 2000, 2, 4), (1000, 1001, 1, 5), (3, 3, 1, 5)]
)
def test_a_slice_of_the_rows_is_that_slice(name: str, first: int, end: int, step: int, size: int, tmp_path: Path) -> None:
    path = write(tmp_path / name, "SELECT range AS id FROM range(1000)")
    with PersonsFile(spec(path)) as file:
        batches = list(file.rows(first, end, step, size))
    assert [row.index for batch in batches for row in batch] == list(range(first, min(end, 1000), step))
    assert all(int(row.id) == row.index for batch in batches for row in batch)
    assert {len(batch) for batch in batches[:-1]} <= {size}


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("people.csv", "1893456000"),
        ("people.csv", "1893456000.0"),
        ("people.csv", "TIMESTAMP '2030-01-01 00:00:00'"),
        ("people.csv", "'2030-01-01T00:00:00Z'"),
        ("people.csv", "'2030-01-01T02:00:00+02:00'"),
        ("people.parquet", "1893456000::BIGINT"),
        ("people.parquet", "'1893456000'"),
        ("people.parquet", "TIMESTAMP '2030-01-01 00:00:00'"),
        ("people.parquet", "epoch_ms(1893456000000)::TIMESTAMPTZ"),
    ],
)
def test_when_a_token_ends_is_read_however_it_is_written(name: str, moment: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, f"SELECT 1 AS id, 't' AS token, {moment} AS ends UNION ALL SELECT 2, 't', NULL")
    assert [row.expires for row in rows(path, token="token", expires="ends")] == [dt.datetime(2030, 1, 1, tzinfo=dt.UTC).timestamp(), None]


def test_a_row_without_an_id_is_one_that_cannot_come(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,token\na,t\n,t\n")
    assert [row.failed for row in rows(tmp_path / "people.csv")] == ["", "row 2 has no id"]


def test_columns_and_rows_may_be_called_as_they_like(tmp_path: Path) -> None:
    path = tmp_path / "it's.csv"
    path.write_text('n,"the ""id""",名字\na,b,c\n')
    assert rows(path, id='the "id"', attributes=("n", "名字")) == [Row(0, "b", "", None, {"n": "a", "名字": "c"})]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,token\na,b\nc\nd,e,f,gsecret\n", r"cannot be read as CSV with a header and commas, at line \d"),
        ("id,id\na,b\n", "a header with a name of its own"),
        ("", "a header with a name of its own"),
        ("m1,eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.secretsecret\n", "no column 'id'; known: m1, …$"),
        (b"id\n\xff\xfe\xff\n", "cannot be read as"),
        (b"\xff\xfe\n", "cannot be read as a text"),
    ],
)
def test_what_is_no_such_file_is_told_without_its_rows(text: str | bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PersonsFileError, match=words) as found:
        rows(path)
    assert "secret" not in str(found.value)


def test_a_parquet_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "people.parquet").write_text("id\na\n")
    with pytest.raises(PersonsFileError, match=r"people\.parquet cannot be read as Parquet"):
        rows(tmp_path / "people.parquet")


@pytest.mark.parametrize("name", ["people.csv", "people.parquet"])
def test_memory_does_not_grow_with_the_file_and_rows_come_fast(name: str, tmp_path: Path) -> None:
    token = "md5(range::VARCHAR) || md5((range + 1)::VARCHAR) || md5((range + 2)::VARCHAR)"
    write(tmp_path / name, f"SELECT 'm' || range AS id, {token} AS token, 1893456000 + range AS ends FROM range({MANY})")
    told = subprocess.run([sys.executable, "-c", _READ, str(tmp_path / name)], capture_output=True, text=True, timeout=100, check=True)
    count, early, late, rate = map(float, told.stdout.split())
    assert count == MANY
    assert late - early < 60, f"{early:.0f} MB after a tenth of the rows, {late:.0f} MB after all; the file is many times that"
    assert rate > LEAST
    print(f"{name}: {rate:,.0f} rows/s, {early:.0f} → {late:.0f} MB")


_READ = f"""
import sys
import time
from rushproof.people import PersonsFile
from rushproof.persons import PersonsSpec

def memory():
    return next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmRSS"))

count, early, began = 0, 0.0, time.perf_counter()
with PersonsFile(PersonsSpec(file=sys.argv[1], token="token", expires="ends")) as file:
    for batch in file.rows(0, 1 << 40):
        count += len(batch)
        if not early and count > {MANY} / 10:
            early = memory()
    print(count, early, memory(), count / (time.perf_counter() - began))
"""
