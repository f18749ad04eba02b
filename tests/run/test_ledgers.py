"""Each source becomes a hashed table in the run folder; nothing raw and no secret is left anywhere, whatever goes wrong."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import duckdb
import msgspec
import pytest
from aiohttp import web

from rushproof.document import Document
from rushproof.errors import InputError, LoadError, RushproofError, ScenarioError
from rushproof.ledgers import Span
from rushproof.pseudonym import pseudonym
from rushproof.run.ledgers import Reach, bring, check_sources, keep_marks, kept_marks
from rushproof.scenario import LedgerSpec, Scenario

SALT = bytes(range(16))
CSV = "sequence,person,round,key,at\n1,CANARY-p1,r1,CANARY-k1,1000\n2,CANARY-p2,r1,CANARY-k2,1001\n3,CANARY-p1,r1,CANARY-k3,900\n"
SPAN = Span(995.0, 1065.0)
SECRET = "s3cr3t-CANARY"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder in which p1 alone has made an attempt; scratch is made beside it, so that what is left there is seen."""
    folder = tmp_path / "run"
    (folder / "attempts").mkdir(parents=True)
    (folder / "salt").write_text(SALT.hex())
    with duckdb.connect() as connection:
        query = f"SELECT {pseudonym(SALT, 'CANARY-p1')}::UBIGINT AS person"
        connection.execute(f"COPY ({query}) TO '{folder}/attempts/000000.parquet' (FORMAT parquet)").fetchall()
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return folder


@pytest.fixture
def reach(scenario: Callable[..., Scenario], beside: Path) -> Reach:
    """From a target whose clock is the wall's."""
    return Reach(scenario("target.clock=null"), beside, "http://127.0.0.1:9", SPAN)


def brought(folder: Path, spec: LedgerSpec, reach: Reach, calls: aiohttp.ClientSession | None = None) -> list[int]:
    """The sequences that are in the table."""
    asyncio.run(asyncio.wait_for(bring(folder, "ledger", spec, calls, reach), 30.0))
    return sequences(folder)


def sequences(folder: Path) -> list[int]:
    with duckdb.connect() as connection:
        return [row[0] for row in connection.execute(f"SELECT sequence FROM '{folder}/ledgers/ledger.parquet' ORDER BY 1").fetchall()]


def left(folder: Path) -> list[Path]:
    """Files with something raw in them, in the run folder or in the scratch."""
    files = [file for file in folder.parent.rglob("*") if file.is_file() and "mine" not in file.parts]
    return [file for file in files if b"CANARY" in file.read_bytes()] + list((folder.parent / "scratch").iterdir())


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_beside_the_scenario(folder: Path, reach: Reach, kind: str) -> None:
    (reach.beside / "rows.csv").write_text(CSV)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM '{reach.beside}/rows.csv') TO '{reach.beside}/rows.parquet' (FORMAT parquet)").fetchall()

    assert brought(folder, LedgerSpec(file=f"rows.{kind}"), reach) == [1]
    assert left(folder) == []
    assert (reach.beside / f"rows.{kind}").is_file()


def test_all_rows_where_the_scenario_says_so_and_no_time_where_the_clock_was_set(
    folder: Path, reach: Reach, scenario: Callable[..., Scenario]
) -> None:
    (reach.beside / "rows.csv").write_text(CSV)

    assert brought(folder, LedgerSpec(file="rows.csv", people="all"), reach) == [1, 2, 3]
    assert brought(folder, LedgerSpec(file="rows.csv"), msgspec.structs.replace(reach, scenario=scenario())) == [1, 3]
    assert brought(folder, LedgerSpec(file="rows.csv", person=None, key=None), reach) == [1, 2, 3]


def test_a_ledger_without_rows_of_this_run_is_a_table_without_rows(folder: Path, reach: Reach) -> None:
    (reach.beside / "rows.csv").write_text(CSV.replace("p1", "p3"))

    assert brought(folder, LedgerSpec(file="rows.csv"), reach) == []


@pytest.mark.parametrize(("shift", "said"), [(8, r"28,735 s \(8.0 h\) after"), (-8, r"28,795 s \(8.0 h\) before")])
def test_times_of_another_zone_are_told_rather_than_taken_for_a_loss(folder: Path, reach: Reach, shift: int, said: str) -> None:
    at = 1000 + shift * 3600
    (reach.beside / "rows.csv").write_text(f"sequence,person,at\n1,CANARY-p1,{at}\n2,CANARY-p1,{at + 2 * shift}\n3,CANARY-p2,1000\n")

    with pytest.raises(LoadError, match=f"none of the 2 rows of this run's people was written in its time, the nearest {said}"):
        brought(folder, LedgerSpec(file="rows.csv"), reach)

    assert not list((folder / "ledgers").iterdir())


def test_a_command_is_run_beside_the_scenario_and_told_the_runs_time(folder: Path, reach: Reach) -> None:
    (reach.beside / "dump.py").write_text(
        f"import os; b, e = os.environ['RUSHPROOF_BEGIN'], os.environ['RUSHPROOF_END']\nassert (b, e) == ('995.000000', '1065.000000')\n"
        f"print({CSV!r}, end='')"
    )

    assert brought(folder, LedgerSpec(command="python dump.py"), reach) == [1]
    assert left(folder) == []


def serving(reach: Reach, text: str, act: Callable[[Reach, aiohttp.ClientSession], Any], status: int = 200) -> Any:
    """What `act` returns while a server answers every path with the text."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=text, status=status, headers={"Location": "http://192.0.2.1/"})

    async def served() -> Any:
        application = web.Application()
        application.router.add_get("/{path:.*}", answer)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            async with aiohttp.ClientSession() as calls:
                port = runner.addresses[0][1]
                return await asyncio.wait_for(act(msgspec.structs.replace(reach, url=f"http://127.0.0.1:{port}"), calls), 30.0)
        finally:
            await runner.cleanup()

    return asyncio.run(served())


@pytest.mark.parametrize("whole", [False, True])
def test_a_path_of_the_target_or_a_url(folder: Path, reach: Reach, whole: bool) -> None:
    async def act(reach: Reach, calls: aiohttp.ClientSession) -> int:
        spec = LedgerSpec(http=f"{reach.url if whole else ''}/ledger.csv")
        return await bring(folder, "ledger", spec, None if whole else calls, reach)

    assert serving(reach, CSV, act) == 1
    assert left(folder) == []


@pytest.mark.parametrize("status", [500, 302])
def test_a_url_that_gives_none_is_told(folder: Path, reach: Reach, status: int) -> None:
    async def act(reach: Reach, calls: aiohttp.ClientSession) -> int:
        return await bring(folder, "ledger", LedgerSpec(http="/l"), calls, reach)

    with pytest.raises(LoadError, match=f"the ledger ledger was not fetched: .* answered {status}, expected 200"):
        serving(reach, "CANARY", act, status)


FAILURES = [
    (LedgerSpec(file="absent.csv"), "absent.csv: no such file beside the scenario"),
    (LedgerSpec(file="bare.csv"), "its first line has 5 fields and names none of them: is it a header"),
    (LedgerSpec(file="short.csv"), r"no column rnd \(named as round\); it has id, person, key"),
    (LedgerSpec(file="wrong.csv"), "a value of at is neither unix seconds nor a timestamp"),
    (LedgerSpec(file="latin.csv"), "could not be read as CSV in UTF-8"),
    (LedgerSpec(command="python -c 'import sys; sys.exit(3)'"), "the command .* ended with 3, expected 0"),
    (LedgerSpec(command="no-such-program"), "the command no-such-program cannot be started"),
    (LedgerSpec(command="python 'unclosed"), "cannot be split into words"),
    (LedgerSpec(http="/ledger.csv"), "say where that is with --target URL"),
    (LedgerSpec(sql="SELECT 1", dsn="${env:RUSHPROOF_ABSENT}"), "the environment has no RUSHPROOF_ABSENT"),
    (LedgerSpec(sql="SELECT 1", dsn="${env:WRONG_DSN}"), "the database cannot be reached"),
]


@pytest.mark.parametrize(("spec", "said"), FAILURES, ids=[said[:24] for _, said in FAILURES])
def test_what_cannot_be_had_is_told_and_leaves_the_table_that_was_there(
    folder: Path, reach: Reach, spec: LedgerSpec, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUSHPROOF_ABSENT", raising=False)
    monkeypatch.setenv("WRONG_DSN", f"postgresql://somebody-CANARY:{SECRET}@127.0.0.1:9/rows")
    (reach.beside / "rows.csv").write_text(CSV)
    (reach.beside / "bare.csv").write_text("1,CANARY-p1,r1,CANARY-k1,1000\n")
    (reach.beside / "short.csv").write_text("id,person,key\n1,CANARY-p1,CANARY-k1\n")
    (reach.beside / "wrong.csv").write_text(CSV.replace(",1000\n", ",CANARY-when\n"))
    (reach.beside / "latin.csv").write_bytes(b"sequence,p\xffrson\n")
    if spec.file == "short.csv":
        spec = msgspec.structs.replace(spec, round="rnd")
    brought(folder, LedgerSpec(file="rows.csv"), reach)

    with pytest.raises(RushproofError, match=said) as caught:
        brought(folder, spec, reach)

    assert "CANARY" not in str(caught.value)
    assert sequences(folder) == [1]
    assert left(folder) == []


def test_a_command_that_is_no_longer_wanted_is_ended_with_its_children(folder: Path, reach: Reach) -> None:
    note = reach.beside / "pid"
    (reach.beside / "slow.py").write_text(
        f"import pathlib, subprocess, sys, time\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid)); time.sleep(99)"
    )

    async def cancelled() -> None:
        work = asyncio.ensure_future(bring(folder, "ledger", LedgerSpec(command="python slow.py"), None, reach))
        while not (note.is_file() and note.read_text()):
            await asyncio.sleep(0.02)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(asyncio.wait_for(cancelled(), 30.0))

    status, deadline = Path(f"/proc/{note.read_text()}/status"), time.monotonic() + 10
    while status.exists() and "\nState:\tZ" not in status.read_text():
        assert time.monotonic() < deadline
    assert left(folder) == []


def test_marks_are_kept_for_ledgers_that_are_fetched_again(folder: Path) -> None:
    assert kept_marks(folder) == {}
    keep_marks(folder, {"ledger": 25})
    assert kept_marks(folder) == {"ledger": 25}


def checked(reach: Reach, spec: LedgerSpec) -> None:
    scenario = msgspec.structs.replace(reach.scenario, ledgers={"bookings": spec})
    document = Document("mine.yaml", {}, {("ledgers", "bookings", "sql"): 7, ("ledgers", "bookings"): 6})
    asyncio.run(asyncio.wait_for(check_sources(msgspec.structs.replace(reach, scenario=scenario), document), 30.0))


QUERY = "SELECT 1 AS sequence, 'p' AS person, 'k' AS key"


def test_before_anything_starts_a_query_is_asked_for_its_columns(reach: Reach, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_DSN", postgres)
    checked(reach, LedgerSpec(sql=QUERY, dsn="${env:LEDGER_DSN}"))

    with pytest.raises(ScenarioError) as caught:
        checked(reach, LedgerSpec(sql="SELECT 1 AS number, 'p' AS customer", dsn="${env:LEDGER_DSN}", content=("shop",)))

    said = str(caught.value)
    assert "mine.yaml: ledgers.bookings.sql: no column person (" in said
    assert "no column shop (content: acknowledged_is_kept and nothing_unasked compare it)" in said
    assert "no column sequence or key (" in said
    assert "; it has number, customer (line 7)" in said
    with pytest.raises(ScenarioError, match=r'ledgers.bookings.sql: the database refused the query: relation "nosuch" does not exist'):
        checked(reach, LedgerSpec(sql="SELECT * FROM nosuch", dsn="${env:LEDGER_DSN}"))


@pytest.mark.parametrize("dsn", [f"postgresql://me:{SECRET}@127.0.0.1:9/x", f"mysql://me:{SECRET}@127.0.0.1:9/x", f"ftp://me:{SECRET}@x"])
def test_before_anything_starts_a_wrong_dsn_is_told_in_its_place(reach: Reach, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_DSN", dsn)

    with pytest.raises(ScenarioError, match=r"mine.yaml: ledgers.bookings.dsn: .*\(line 6\)") as caught:
        checked(reach, LedgerSpec(sql=QUERY, dsn="${env:LEDGER_DSN}"))

    assert "CANARY" not in str(caught.value)


def test_a_file_that_is_there_already_is_looked_at_and_one_that_comes_later_is_waited_for(reach: Reach) -> None:
    checked(reach, LedgerSpec(file="later.csv"))
    (reach.beside / "later.csv").write_text("sequence,who\n")

    with pytest.raises(ScenarioError, match=r"ledgers.bookings.file: no column person .*; it has sequence, who"):
        checked(reach, LedgerSpec(file="later.csv"))


def test_a_driver_that_is_missing_is_a_mistake_of_the_surroundings(reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "rushproof.ledgers.postgres", raising=False)
    monkeypatch.setenv("LEDGER_DSN", "postgres://x")

    with pytest.raises(InputError, match=r"pip install 'rushproof\[postgres\]'"):
        checked(reach, LedgerSpec(sql=QUERY, dsn="${env:LEDGER_DSN}"))
