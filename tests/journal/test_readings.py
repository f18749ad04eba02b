"""What probes read: written in segments, read back in the order of time, and missing where there was no answer."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from rushproof.journal.readings import Readings, read_readings


def test_readings_come_back_by_name_in_the_order_of_time_with_their_gaps(tmp_path: Path) -> None:
    readings = Readings(tmp_path)
    for second in range(25):
        readings.add("pool", second + 0.1, None if second == 7 else second / 2)
        readings.add("queue", second + 0.2, float(second))
    readings.flush()
    assert [path.name for path in sorted((tmp_path / "probes").iterdir())] == ["000000.parquet", "000001.parquet", "000002.parquet"]
    found = read_readings(tmp_path)
    assert list(found) == ["pool", "queue"]
    assert found["pool"]["at"].tolist() == pytest.approx([second + 0.1 for second in range(25)])
    assert np.isnan(found["pool"]["value"][7]) and found["pool"]["value"][8] == 4.0
    assert found["queue"]["value"].tolist() == [float(second) for second in range(25)]


def test_the_table_is_what_anybody_can_read(tmp_path: Path) -> None:
    readings = Readings(tmp_path)
    readings.add("pool", 1.5, None)
    readings.add("pool", 0.5, 3.0)
    readings.flush()
    rows = duckdb.connect().sql(f"SELECT name, \"at\", value FROM read_parquet('{tmp_path}/probes/*.parquet')").fetchall()
    assert rows == [("pool", 0.5, 3.0), ("pool", 1.5, None)]


def test_a_run_without_probes_has_no_table(tmp_path: Path) -> None:
    Readings(tmp_path).flush()
    assert not (tmp_path / "probes").exists() and read_readings(tmp_path) == {}


def test_a_folder_that_cannot_be_written_is_told_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "probes").write_text("in the way")
    readings = Readings(tmp_path)
    readings.add("pool", 1.0, 1.0)
    readings.flush()
    readings.add("pool", 2.0, 1.0)
    readings.flush()
    assert readings.trouble.startswith("the probes' readings could not all be written: ")
