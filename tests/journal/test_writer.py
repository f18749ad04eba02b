import os
import stat
from pathlib import Path

import duckdb
import pytest

from rushproof.errors import FolderError
from rushproof.journal import Journal, read, read_manifest
from rushproof.manifest import Ending


def test_what_was_appended_is_read_back_summed(tmp_path: Path, make_manifest, make_frame) -> None:
    journal = Journal.create(tmp_path / "run", make_manifest())
    for seq in range(25):
        journal.append(make_frame(seq, final=seq == 24))
    journal.close(make_manifest())

    found = read(tmp_path / "run")

    assert found.steps == (("reservers", "reserve"),)
    assert int(found.cells["count"].sum()) == 125
    assert sorted(set(found.cells["at"].tolist())) == list(range(25))
    assert found.visits["reservers"].finished == 125
    assert found.health["at"].tolist() == list(range(25))
    assert (found.until, found.frames, found.unmapped, found.gaps) == (25.0, 25, 0, ())
    assert [path.name for path in sorted((tmp_path / "run" / "attempts").iterdir())] == [f"{n:06d}.parquet" for n in range(3)]


def test_a_killed_harness_leaves_a_run_that_can_be_read(tmp_path: Path, make_manifest, make_frame) -> None:
    journal = Journal.create(tmp_path / "run", make_manifest(ending=Ending.RUNNING))
    for seq in range(15):
        journal.append(make_frame(seq, final=seq == 24))

    assert read_manifest(tmp_path / "run").ending is Ending.RUNNING
    assert read(tmp_path / "run").until == 10.0


def test_what_was_flushed_is_there_before_the_end_and_once(tmp_path: Path, make_manifest, make_frame) -> None:
    journal = Journal.create(tmp_path / "run", make_manifest())
    for seq in range(3):
        journal.append(make_frame(seq, final=seq == 2))
    journal.flush()
    assert [path.name for path in (tmp_path / "run" / "attempts").iterdir()] == ["000000.parquet"]

    journal.flush()
    journal.close(make_manifest())
    assert read(tmp_path / "run").frames == 3


def test_a_run_killed_in_its_first_second_reads_as_nothing(tmp_path: Path, make_manifest) -> None:
    Journal.create(tmp_path / "run", make_manifest())

    found = read(tmp_path / "run")

    assert (len(found.cells), len(found.health), found.until) == (0, 0, 0.0)
    assert found.gaps == ("of worker 0 the last frame never came",)


def test_a_folder_that_holds_something_is_refused(tmp_path: Path, make_manifest) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(FolderError, match="is not empty"):
        Journal.create(tmp_path, make_manifest())


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, make_manifest) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(FolderError, match="cannot be written"):
        Journal.create(tmp_path / "file" / "run", make_manifest())


def test_the_salt_is_the_owners_alone(tmp_path: Path, make_manifest) -> None:
    journal = Journal.create(tmp_path / "run", make_manifest())

    path = tmp_path / "run" / "salt"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert bytes.fromhex(path.read_text()) == journal.salt
    assert len(journal.salt) == 16


def test_every_attempt_tells_what_its_step_promises(tmp_path: Path, make_manifest, make_frame) -> None:
    journal = Journal.create(tmp_path / "run", make_manifest())
    kinds = ("", "reservation", "payment")
    for seq in range(3):
        steps = (("reservers", "visit"), ("reservers", "reserve"), ("payers", "pay"))[: 2 + seq % 2]
        journal.append(make_frame(seq, final=seq == 2, steps=steps, kinds=kinds[: len(steps)]))
    journal.close(make_manifest())

    with duckdb.connect() as connection:
        query = "SELECT kind, count(*) FROM read_parquet(?) GROUP BY kind"
        assert connection.execute(query, [str(tmp_path / "run" / "attempts" / "*.parquet")]).fetchall() == [("reservation", 15)]


def test_a_step_whose_kind_nobody_told_has_none(tmp_path: Path, make_manifest, make_frame) -> None:
    journal = Journal.create(tmp_path / "run", make_manifest())
    journal.append(make_frame(0, final=True))
    journal.close(make_manifest())

    with duckdb.connect() as connection:
        query = "SELECT DISTINCT kind FROM read_parquet(?)"
        assert connection.execute(query, [str(tmp_path / "run" / "attempts" / "*.parquet")]).fetchall() == [(None,)]
