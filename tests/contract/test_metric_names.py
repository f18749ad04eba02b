"""Metrics by name: those the backend says it has are those it serves, and a dashboard shows no other."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fake_backend.exposition import Exposition
from fake_backend.metrics import NAMES, Metrics

ROOT = Path(__file__).parents[2]
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def _served() -> dict[str, str]:
    metrics = Metrics()
    metrics.gauges.outcomes = lambda: {"accepted": 1}
    metrics.gauges.switches = lambda: {"leave_gap": True}
    metrics.gauges.read = {name: lambda: 1.0 for name in NAMES if not name.endswith(("_seconds", "_rows", "_total", "_active"))}
    metrics.gauges.read["fake_backend_clock_seconds"] = lambda: 1.0
    families = text_string_to_metric_families(Exposition().written(metrics.counted(), metrics.gauges.switches()).decode())
    return {f"{family.name}_total" if family.type == "counter" else family.name: family.documentation for family in families}


def test_the_table_of_names_is_what_is_served() -> None:
    assert {name: about for name, about in _served().items() if name.startswith("fake_backend_")} == NAMES


@pytest.mark.parametrize("file", sorted((ROOT / "dashboards").glob("**/*.*")), ids=lambda file: file.name)
def test_a_dashboard_shows_only_metrics_that_exist(file: Path) -> None:
    shown = set(re.findall(r"\bfake_backend_\w+", file.read_text()))
    assert {SUFFIX.sub("", name) for name in shown} - set(NAMES) - {SUFFIX.sub("", name) for name in NAMES} == set()
