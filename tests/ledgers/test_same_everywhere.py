"""Whatever rows a source gives: the imported table holds this run's, hashed as the engine hashes, and is the same from every source."""

import csv
import datetime as dt
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from rushproof.errors import LoadError
from rushproof.journal import Cut, import_ledger
from rushproof.pseudonym import content, key, pseudonym
from rushproof.scenario import LedgerSpec

NAMES = ("id", "customer", "event", "reference", "shop", "written")
SPEC = LedgerSpec(sql="…", person="customer", round="event", key="reference", sequence="id", at="written", content=("shop",))
BEGIN, END = 1_648_774_795, 1_648_774_805
SALT = secrets.token_bytes(16)
WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"], max_codepoint=0x2FFFF), max_size=12)
PEOPLE = st.sampled_from(["p1", "007", 'u,"x"\n\'y', "红", "p5", "", None])
MICROSECONDS = st.one_of(st.none(), st.integers((BEGIN - 3) * 10**6, (END + 3) * 10**6), st.sampled_from([BEGIN * 10**6, END * 10**6]))
ROWS = st.lists(st.tuples(st.none() | st.integers(0, 2**62), PEOPLE, WORDS, WORDS | st.none(), WORDS, MICROSECONDS), max_size=12)

Source = Callable[[list[tuple[Any, ...]], Path], Path]


def expected(rows: list[tuple[Any, ...]], came: set[str], cut: bool) -> list[tuple[Any, ...]]:
    """What the table must hold, by the functions of the engine."""
    hashed = []
    for number, person, event, reference, shop, at in rows:
        timely = at is None or BEGIN * 10**6 <= at <= END * 10**6
        if not cut or (person in came and timely):
            hashed.append((
                number, pseudonym(SALT, person) if person else None, event, key(SALT, reference) if reference else 0,
                content(SALT, (shop,)), at,
            ))  # fmt: skip
    return sorted(hashed, key=repr)


def agrees(file: Path, rows: list[tuple[Any, ...]], came: set[str], cut: bool) -> None:
    """The table holds what it must; where this run's people have rows and none is of its time, a zone that nobody named is suspected."""
    kept = expected(rows, came, cut)
    if cut and not kept and any(person in came for _, person, *_ in rows):
        with pytest.raises(LoadError, match="was written in its time"):
            imported(file, came, cut)
    else:
        assert imported(file, came, cut) == kept


def imported(file: Path, came: set[str], cut: bool) -> list[tuple[Any, ...]]:
    """What the table holds."""
    folder = Path(tempfile.mkdtemp(dir=file.parent))
    (folder / "salt").write_text(SALT.hex())
    (folder / "attempts").mkdir()
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE a (person UBIGINT)").fetchall()
        for person in came:
            connection.execute("INSERT INTO a VALUES (?)", [pseudonym(SALT, person)]).fetchall()
        connection.execute(f"COPY a TO '{folder}/attempts/000000.parquet' (FORMAT parquet)").fetchall()
        number = import_ledger(folder, "ledger", SPEC, file, Cut(BEGIN, END) if cut else None)
        rows = connection.execute(f"SELECT sequence, person, round, key, content, \"at\" FROM '{folder}/ledgers/ledger.parquet'").fetchall()
    shutil.rmtree(folder)
    assert number == len(rows)
    return sorted(((*row, None if at is None else round(at * 1e6)) for *row, at in rows), key=repr)


def _moment(at: int | None) -> dt.datetime | None:
    return None if at is None else dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=at)


def of_a_csv(rows: list[tuple[Any, ...]], folder: Path) -> Path:
    """Times as unix seconds."""
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(NAMES)
        written.writerows([(*row[:5], None if row[5] is None else f"{row[5] // 10**6}.{row[5] % 10**6:06d}") for row in rows])
    return folder / "rows.csv"


def of_a_parquet(rows: list[tuple[Any, ...]], folder: Path) -> Path:
    """Times as timestamps without a zone."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE b (id BIGINT, customer TEXT, event TEXT, reference TEXT, shop TEXT, written TIMESTAMP)").fetchall()
        for row in rows:
            connection.execute("INSERT INTO b VALUES (?, ?, ?, ?, ?, ?)", [*row[:5], _moment(row[5])]).fetchall()
        connection.execute(f"COPY b TO '{folder}/rows.parquet' (FORMAT parquet)").fetchall()
    return folder / "rows.parquet"


def of_a_database(database: Any) -> Source:
    """Times as the database's own."""
    kind = "timestamptz" if database.postgres else "DATETIME(6)"
    text = "text" if database.postgres else "TEXT CHARACTER SET utf8mb4"
    columns = f"id BIGINT, customer {text}, event {text}, reference {text}, shop {text}, written {kind}"

    def made(rows: list[tuple[Any, ...]], folder: Path) -> Path:
        database.run("DROP TABLE IF EXISTS b")
        database.run(f"CREATE TABLE b ({columns})")
        zone = "+00" if database.postgres else ""
        for row in rows:
            at = _moment(row[5])
            database.run("INSERT INTO b VALUES (%s, %s, %s, %s, %s, %s)", (*row[:5], None if at is None else f"{at.isoformat(' ')}{zone}"))
        database.fetched("SELECT * FROM b")
        return folder / "fetched.csv"

    return made


everywhere = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("source", [of_a_csv, of_a_parquet], ids=["csv", "parquet"])
@everywhere
@example([(1, "p1", "", None, "", (BEGIN - 3) * 10**6)], {"p1"}, True)
@given(ROWS, st.sets(st.sampled_from(["p1", "007", 'u,"x"\n\'y', "红"])), st.booleans())
def test_of_a_file(tmp_path: Path, source: Source, rows: list[tuple[Any, ...]], came: set[str], cut: bool) -> None:
    agrees(source(rows, tmp_path), rows, came, cut)


@everywhere
@example([(1, "p1", "", None, "", (BEGIN - 3) * 10**6)], {"p1"}, True)
@given(ROWS, st.sets(st.sampled_from(["p1", "007", 'u,"x"\n\'y', "红"])), st.booleans())
def test_of_a_database(database: Any, tmp_path: Path, rows: list[tuple[Any, ...]], came: set[str], cut: bool) -> None:
    agrees(of_a_database(database)(rows, tmp_path), rows, came, cut)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1648774800", 1648774800.0),
        (" 1648774800.25 ", 1648774800.25),
        ("1.6487748e9", 1648774800.0),
        ("2022-04-01 01:00:00", 1648774800.0),
        ("2022-04-01T01:00:00.25Z", 1648774800.25),
        ("2022-04-01 09:00:00+08", 1648774800.0),
        ("2022-04-01T09:00:00.250000000+08:00", 1648774800.25),
    ],
)
def test_a_time_is_read_with_its_zone_and_without_one_as_utc(tmp_path: Path, text: str, at: float) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f"{','.join(NAMES)}\n1,p1,r1,k1,s1,{text}\n")

    assert imported(file, {"p1"}, True)[0][-1] == at * 1e6
