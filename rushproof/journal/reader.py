"""Reading a run: one pass over the segments, and everything that the judge needs is in memory, without a single attempt."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from rushproof.errors import FolderError
from rushproof.frame import Visits
from rushproof.journal.readings import read_readings
from rushproof.journal.run_file import read_manifest
from rushproof.journal.tables import TABLES, connect, segments
from rushproof.recorded import COUNTED, HEALTH, Recorded
from rushproof.sample import OUTCOMES, Distribution

_HALF = 0.5
_DISTRIBUTIONS = {distribution.word: int(distribution) for distribution in Distribution}


def read(folder: Path) -> Recorded:
    """The journal of a run folder; FolderError where there is none.  Segments that cannot be read are told of in `gaps`."""
    manifest = read_manifest(folder)
    resolution = float(manifest.scenario.resolution)
    connection = connect(threads=2)
    try:
        gaps = _attach(connection, folder)
        steps = connection.execute("SELECT DISTINCT crowd, step FROM histograms ORDER BY ALL").fetchall()
        warm_up = float(manifest.scenario.warm_up)
        judged = f"until > {warm_up + _HALF!r}" if warm_up else "true"  # a frame speaks of the second before it
        query = f"SELECT coalesce(max(until), 0), count(*), coalesce(sum(unmapped) FILTER ({judged}), 0) FROM frames"
        until, frames, unmapped = connection.execute(query).fetchall()[0]
        return Recorded(
            steps=tuple((str(crowd), str(step)) for crowd, step in steps),
            cells=_cells(connection, steps, resolution),
            health=_rows(connection, f'SELECT {", ".join(_quoted(HEALTH))} FROM health ORDER BY worker, "at"', HEALTH),
            visits=_visits(connection),
            closed=frozenset(row[0] for row in connection.execute("SELECT DISTINCT crowd FROM visits WHERE NOT due").fetchall()),
            until=float(until),
            frames=int(frames),
            unmapped=int(unmapped),
            notes=_notes(connection),
            gaps=(*gaps, *_missing_frames(connection, manifest.workers)),
            probes=read_readings(folder),
        )
    except duckdb.Error as problem:
        raise FolderError(f"{folder} holds no journal that can be read: {str(problem).splitlines()[0]}") from None
    finally:
        connection.close()


def _attach(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """One view a table over the segments that can be read; the others are returned as sentences."""
    gaps = []
    found = {table: segments(folder, table) for table in TABLES}
    last = max((int(path.stem) for paths in found.values() for path in paths), default=-1)
    for table, paths in found.items():
        whole = []
        for path in paths:
            try:
                connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()
                whole.append(str(path))
            except duckdb.Error:
                gaps.append(f"the segment {table}/{path.name} cannot be read")
        absent = sorted(set(range(last + 1)) - {int(path.stem) for path in paths})
        gaps += [f"the segment {table}/{number:06d}.parquet is missing" for number in absent]
        if whole:
            connection.from_parquet(whole).create_view(table)
        elif table == "attempts":
            continue
        else:
            connection.execute(f"CREATE TABLE {table} ({_EMPTY[table]})").fetchall()
    return gaps


def _cells(connection: duckdb.DuckDBPyConnection, steps: list[tuple[Any, ...]], resolution: float) -> NDArray[Any]:
    for name, words in (("step_ids", [f"{crowd}\x1f{step}" for crowd, step in steps]), ("outcome_ids", list(OUTCOMES))):
        connection.register(name, {"id": np.arange(len(words)), "word": np.array(words, dtype=object)})
    connection.register(
        "distribution_ids", {"id": np.array(list(_DISTRIBUTIONS.values())), "word": np.array(list(_DISTRIBUTIONS), dtype=object)}
    )
    query = f"""
        SELECT round("at" / {resolution!r})::BIGINT AS "at", s.id AS step, o.id AS outcome, d.id AS distribution,
               bucket::BIGINT AS bucket, sum(count)::BIGINT AS count
        FROM histograms h JOIN step_ids s ON s.word = h.crowd || chr(31) || h.step JOIN outcome_ids o ON o.word = h.outcome
        JOIN distribution_ids d ON d.word = h.distribution
        GROUP BY ALL ORDER BY ALL"""
    return _rows(connection, query, COUNTED)


def _visits(connection: duckdb.DuckDBPyConnection) -> dict[str, Visits]:
    names = ", ".join(f"sum(last.{name})::BIGINT" for name in Visits.__struct_fields__)
    query = f"""
        SELECT crowd, {names}
        FROM (SELECT worker, crowd, arg_max(v, seq) AS last FROM visits v GROUP BY worker, crowd) GROUP BY crowd ORDER BY crowd"""
    return {str(crowd): Visits(*counts) for crowd, *counts in connection.execute(query).fetchall()}


def _notes(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    rows = connection.execute("SELECT notes FROM frames WHERE notes <> '' ORDER BY until, worker, seq").fetchall()
    return tuple(line for (notes,) in rows for line in str(notes).split("\n"))


def _missing_frames(connection: duckdb.DuckDBPyConnection, workers: int) -> list[str]:
    """Numbers that were skipped, and workers whose last frame is not there: what came after it nobody knows."""
    between = connection.execute("""
        SELECT worker, before + 1, seq - 1
        FROM (SELECT worker, seq, lag(seq, 1, -1) OVER (PARTITION BY worker ORDER BY seq) AS before FROM frames)
        WHERE seq > before + 1 ORDER BY ALL""").fetchall()
    ended = {worker for (worker,) in connection.execute("SELECT DISTINCT worker FROM frames WHERE final").fetchall()}
    skipped = [f"of worker {worker} the frames {first} to {last} never came" for worker, first, last in between]
    return skipped + [f"of worker {worker} the last frame never came" for worker in range(workers) if worker not in ended]


def _rows(connection: duckdb.DuckDBPyConnection, query: str, kind: np.dtype[Any]) -> NDArray[Any]:
    columns = connection.execute(query).fetchnumpy()
    names = kind.names or ()
    rows = np.empty(len(columns[names[0]]), kind)
    for name in names:
        rows[name] = columns[name]
    return rows


def _quoted(kind: np.dtype[Any]) -> list[str]:
    return [f'"{name}"' for name in kind.names or ()]


_EMPTY = {
    "histograms": """
        "at" DOUBLE, worker INTEGER, crowd VARCHAR, step VARCHAR, outcome VARCHAR, distribution VARCHAR,
        bucket USMALLINT, count UINTEGER""",
    "health": ", ".join(f"{name} DOUBLE" for name in _quoted(HEALTH)),
    "visits": """
        worker INTEGER, seq BIGINT, until DOUBLE, crowd VARCHAR, due BOOLEAN,
        offered BIGINT, finished BIGINT, unfinished BIGINT, missed BIGINT, in_flight BIGINT""",
    "frames": "worker INTEGER, seq BIGINT, until DOUBLE, unmapped BIGINT, final BOOLEAN, notes VARCHAR",
}
"""the columns of tables of which there is not one segment: a run that was killed in its first seconds"""
