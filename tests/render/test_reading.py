"""reports/README.md, which says how to read a report, says what is so."""

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pytest

from rushproof import errors
from rushproof.frame import ATTEMPT, Health, Visits
from rushproof.health import SIGNS
from rushproof.histogram import bucket, middle, quantile
from rushproof.quantity import Count
from rushproof.render import RENDERERS
from rushproof.render.steps import DISTRIBUTIONS, caveats
from rushproof.report import Quantiles, Report
from rushproof.sample import OUTCOMES
from rushproof.scenario import CrowdSpec
from rushproof.verdict import Status, exit_code

README = (Path(__file__).parent.parent.parent / "reports" / "README.md").read_text(encoding="utf-8")


def first_cells(after: str) -> list[str]:
    """The first column of the table that follows a line."""
    table = README.split(after, 1)[1].split("\n\n", 2)
    rows = next(part for part in table if part.lstrip().startswith("|")).strip().splitlines()[2:]
    return [row.split("|")[1].strip().strip("`") for row in rows]


def test_every_file_is_named() -> None:
    assert set(RENDERERS) == set(first_cells("five reports made of it"))


def test_every_outcome_distribution_and_sign_is_explained() -> None:
    assert first_cells("of which there are eight") == list(OUTCOMES)
    assert first_cells("never improves a percentile of what was served") == list(DISTRIBUTIONS)
    assert first_cells("A second is **tainted** if") == list(SIGNS)


def test_exit_codes_are_those_of_the_command() -> None:
    for status in (Status.PASS, Status.FAIL, Status.UNKNOWN):
        assert re.search(rf"^\| `{status.value}` \| .* \| {exit_code(status)} \|$", README, re.MULTILINE)
    assert f"Exit code {errors.NOT_STARTED}: nothing was started" in README
    assert f"Exit code {errors.BUG}: a bug of" in README


def test_every_status_and_quantile_is_named() -> None:
    assert all(f"`{status.value}`" in README for status in Status)
    assert all(f"`{field.encode_name}`" in README for field in msgspec.structs.fields(Quantiles))


def test_every_column_of_the_journal_is_documented() -> None:
    """Those that the words of the wire name; the journal adds worker, crowd and step."""
    attempts = README.split("**`attempts/`**")[1].split("**`health/`**")[0]
    health, visits = README.split("**`health/`**")[1].split("**`visits/`**")

    assert all(name in attempts for name in ATTEMPT.names or ())
    assert all(f"`{field.name}`" in health for field in msgspec.structs.fields(Health))
    assert all(f"`{field.name}`" in visits for field in msgspec.structs.fields(Visits))


def test_the_bucket_formula_is_the_one_that_was_used() -> None:
    for micros in (0, 1, 127, 128, 129, 255, 256, 9_536, 1_000_000, 86_400_000_000):
        e = max(int(np.floor(np.log2(micros))) - 6, 0) if micros else 0
        written = micros if micros < 128 else 64 * e + micros // 2**e

        assert int(bucket(np.array([micros * 1e-6]))[0]) == written
        back = max(written // 64 - 1, 0)
        low, high = (written - 64 * back) * 2**back, (written - 64 * back + 1) * 2**back - 1
        assert low <= micros <= high
        assert middle(np.array([written]))[0] == pytest.approx((low + high) / 2 * 1e-6)


def test_the_query_of_the_readme_finds_the_percentile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.array([0.00005, 0.004, 0.004, 0.009, 0.25] * 40)
    (tmp_path / "histograms").mkdir()
    monkeypatch.chdir(tmp_path)
    rows = ", ".join(f"(0.0, 'reserve', 'ok', 'response', {number}::USMALLINT, 1::UINTEGER)" for number in bucket(values))
    with duckdb.connect() as connection:
        columns = '"at", step, outcome, distribution, bucket, count'
        connection.execute(f"COPY (SELECT * FROM (VALUES {rows}) AS t({columns})) TO 'histograms/000000.parquet' (FORMAT parquet)")
        found = re.search(r"```sql\n(.*?)```", README, re.DOTALL)
        assert found
        ((at, _, p99),) = connection.execute(found[1]).fetchall()

    assert at == 0.0
    assert p99 / 1000 == pytest.approx(quantile(np.bincount(bucket(values)), 0.99), abs=1e-6)


def test_a_closed_loop_is_said_in_every_report_for_people(reports: Mapping[str, Report]) -> None:
    report = reports["pass"]
    crowds = {**report.manifest.scenario.crowds, "old_style": CrowdSpec(persona="plain_browser", users=Count(5))}
    scenario = msgspec.structs.replace(report.manifest.scenario, crowds=crowds)
    mixed = msgspec.structs.replace(report, manifest=msgspec.structs.replace(report.manifest, scenario=scenario))

    assert len(caveats(report)) == 1
    assert len(caveats(mixed)) == 2
    for name in ("report.txt", "report.md", "report.html"):
        assert "Closed loop: old" in RENDERERS[name](mixed).decode()
        assert "Closed loop" not in RENDERERS[name](report).decode()
