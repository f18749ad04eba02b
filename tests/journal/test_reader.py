from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from rushproof.errors import FolderError
from rushproof.frame import CELL, Visits
from rushproof.histogram import middle
from rushproof.journal import Journal, read, read_manifest
from rushproof.recorded import Recorded


def kept(folder: Path, manifest: Any, *frames: Any) -> Recorded:
    """What is read of a run of these frames."""
    journal = Journal.create(folder, manifest)
    for frame in frames:
        journal.append(frame)
    journal.close(manifest)
    return read(folder)


def test_frames_that_never_came_are_told(tmp_path: Path, make_manifest: Any, make_frame: Any) -> None:
    frames = [make_frame(seq, final=seq == 9) for seq in (2, 3, 6, 9)]

    found = kept(tmp_path / "run", make_manifest(), *frames)

    assert found.gaps == (
        "of worker 0 the frames 0 to 1 never came", "of worker 0 the frames 4 to 5 never came", "of worker 0 the frames 7 to 8 never came",
    )  # fmt: skip


def test_a_worker_of_which_no_last_frame_came_is_told(tmp_path: Path, make_manifest: Any, make_frame: Any) -> None:
    frames = [make_frame(0, worker=0, final=True), make_frame(0, worker=1)]

    found = kept(tmp_path / "run", make_manifest(workers=3), *frames)

    assert found.gaps == ("of worker 1 the last frame never came", "of worker 2 the last frame never came")


def test_workers_are_added_up_and_only_their_last_report_counts(tmp_path: Path, make_manifest: Any, make_frame: Any) -> None:
    frames = [make_frame(seq, worker=worker, final=seq == 2) for seq in range(3) for worker in (0, 1)]

    found = kept(tmp_path / "run", make_manifest(workers=2), *frames)

    assert found.visits["reservers"] == Visits(offered=30, finished=30)
    assert found.cells["count"].tolist() == [2] * 15


def test_a_segment_that_cannot_be_read_is_told_and_the_rest_is_read(tmp_path: Path, make_manifest: Any, make_frame: Any) -> None:
    kept(tmp_path / "run", make_manifest(), *(make_frame(seq, final=seq == 24) for seq in range(25)))
    (tmp_path / "run" / "histograms" / "000001.parquet").write_bytes(b"PAR1 torn")
    (tmp_path / "run" / "health" / "000000.parquet").unlink()

    found = read(tmp_path / "run")

    assert found.gaps == ("the segment histograms/000001.parquet cannot be read", "the segment health/000000.parquet is missing")
    assert int(found.cells["count"].sum()) < 125


def test_notes_are_kept_in_their_order_and_told_once_each_with_how_often(tmp_path: Path, make_manifest: Any, make_frame: Any) -> None:
    notes = [("first",), ("second", "first"), ()]

    found = kept(tmp_path / "run", make_manifest(), *(make_frame(seq, notes=each, unmapped=seq) for seq, each in enumerate(notes)))

    assert (found.notes, found.unmapped) == (("first", "second", "first"), 3)
    assert found.told == ("first (2 times)", "second")


def test_each_frame_numbers_its_steps_and_rounds_in_its_own_way(tmp_path: Path, make_manifest: Any, make_frame: Any) -> None:
    cells = np.array([(0, 0, 0, 1, 100, 7)], CELL).tobytes()
    other = make_frame(1, steps=(("reservers", "reserve"), ("reservers", "visit")), cells=cells, attempts=b"")

    found = kept(tmp_path / "run", make_manifest(), make_frame(0), other)

    assert found.steps == (("reservers", "reserve"),)
    assert int(found.cells["count"].sum()) == 12


def test_a_crowd_without_due_times_is_a_closed_loop(tmp_path: Path, make_manifest: Any, make_frame: Any) -> None:
    assert kept(tmp_path / "run", make_manifest(), make_frame(0, due=False)).closed == {"reservers"}
    assert kept(tmp_path / "other", make_manifest(), make_frame(0)).closed == frozenset()


def test_values_survive_with_their_buckets(tmp_path: Path, make_manifest: Any, make_frame: Any) -> None:
    cells = np.array([(3, 1, 5, 2, 2047, 4_000_000_000), (0, 2, 7, 5, 0, 1)], CELL).tobytes()

    found = kept(tmp_path / "run", make_manifest(), make_frame(0, cells=cells))

    rows = {tuple(row) for row in found.cells.tolist()}
    places = {step: number for number, step in enumerate(found.steps)}
    assert rows == {
        (3, places["reservers", "reserve"], 5, 2, 2047, 4_000_000_000), (0, places["reservers", "visit"], 7, 5, 0, 1),
    }  # fmt: skip
    assert middle(found.cells["bucket"]).max() > 3600


def test_a_fine_resolution_keeps_its_buckets(tmp_path: Path, make_manifest: Any, make_frame: Any) -> None:
    manifest = make_manifest()
    manifest = msgspec.structs.replace(manifest, scenario=msgspec.structs.replace(manifest.scenario, resolution=0.1))
    cells = np.array([(at, 1, 0, 1, 100, 1) for at in range(1000)], CELL).tobytes()

    assert kept(tmp_path / "run", manifest, make_frame(0, cells=cells)).cells["at"].tolist() == list(range(1000))


@pytest.mark.parametrize("text", ["", "{}", '{"run": 3}', "no JSON"])
def test_a_folder_that_holds_no_run_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FolderError, match="holds no run"):
        read_manifest(tmp_path)
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(FolderError, match="is not a run's manifest"):
        read(tmp_path)
