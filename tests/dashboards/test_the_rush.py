"""The dashboard asks only for what a running reference backend serves, by the labels that it serves it with."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rushproof import catalogue

FOLDER = catalogue.folder(catalogue.DASHBOARDS)
DASHBOARD = json.loads((FOLDER / "the-rush.json").read_text(encoding="utf-8"))
SUFFIXES: Mapping[str, tuple[str, ...]] = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",)}
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SCRAPED = {"job", "instance"}
"""labels that Prometheus itself adds"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """The names of all series of a backend that has done a little of everything, with the labels seen on them."""
    command = [sys.executable, "-m", "fake_backend", "--port", "0", "--database", str(tmp_path_factory.mktemp("ledger") / "ledger.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as backend:
        try:
            assert backend.stdout is not None
            url = backend.stdout.readline().split()[-1]
            for body in (b"{}", b'{"person": "p1", "round": "2022-04-01.r1", "shop": "s00001"}'):
                reserve(url, body)
            text = OPENER.open(f"{url}/metrics", timeout=10).read().decode()
        finally:
            backend.terminate()
    names: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for suffix in SUFFIXES.get(family.type, ("",)):
            names.setdefault(family.name + suffix, set())
        for sample in family.samples:
            names.setdefault(sample.name, set()).update(sample.labels)
    return names


def reserve(url: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k1"}
    try:
        OPENER.open(urllib.request.Request(f"{url}/reservations", body, headers), timeout=10).close()
    except urllib.error.HTTPError as answer:
        answer.close()


def expressions() -> list[str]:
    """Every PromQL expression of the dashboard, its variables and annotations among them."""
    found = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
    found += [note["expr"] for note in DASHBOARD["annotations"]["list"] if "expr" in note]
    variables = [each["definition"] for each in DASHBOARD["templating"]["list"] if "definition" in each]
    return found + [re.sub(r"label_values\((.*), *(\w+)\)", r"\1{\2=''}", variable) for variable in variables]


def bare(expression: str) -> str:
    return re.sub(r'"[^"]*"', '""', expression)


def metrics(expression: str) -> set[str]:
    """The metric names in it: words with an underscore outside braces that are no function."""
    outside = re.sub(r"\{[^}]*\}|by \([^)]*\)|\[[^]]*\]", " ", bare(expression))
    return {word for word in re.findall(r"[a-z_]+(?![a-z_]* *\()", outside) if "_" in word and word != "histogram_quantile"}


def labels(expression: str) -> set[str]:
    """The labels it selects or groups by."""
    inside = re.findall(r"(\w+) *(?:=~|!~|!=|=)", bare(expression))
    grouped = [word for group in re.findall(r"by \(([^)]*)\)", expression) for word in re.split(r", *", group)]
    return {*inside, *grouped}


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_metric_and_label_of_the_dashboard_is_served(expression: str, served: Mapping[str, set[str]]) -> None:
    names = metrics(expression)

    assert names
    assert names <= set(served)
    for name in names:
        assert labels(expression) <= served[name] | SCRAPED


def test_a_metric_that_nobody_serves_would_be_found(served: Mapping[str, set[str]]) -> None:
    assert metrics('sum by (code) (rate(fake_backend_dreams_total{code="x"}[5m]))') == {"fake_backend_dreams_total"}
    assert "fake_backend_dreams_total" not in served


def test_every_metric_that_the_backend_serves_of_its_own_is_on_the_dashboard(served: Mapping[str, set[str]]) -> None:
    asked = {name for expression in expressions() for name in metrics(expression)}
    own = {re.sub("_(bucket|sum|count|total|created)$", "", name) for name in served if name.startswith("fake_backend_")}

    assert own == {re.sub("_(bucket|sum|count|total)$", "", name) for name in asked if name.startswith("fake_backend_")}


def test_every_metric_in_the_readme_is_served(served: Mapping[str, set[str]]) -> None:
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in served} | set(served)

    assert set(re.findall(r"`((?:fake_backend|process)_\w+)`", (FOLDER / "README.md").read_text(encoding="utf-8"))) <= families


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def test_panels_say_what_they_show_and_take_the_data_source_of_the_variable() -> None:
    assert DASHBOARD["templating"]["list"][0]["type"] == "datasource"
    for panel in panels():
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"].get("unit") or panel["type"] == "state-timeline"
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


def test_ids_are_unique_and_panels_do_not_overlap() -> None:
    cells = [
        (column, row)
        for panel in DASHBOARD["panels"]
        for column in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for row in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert len(set(cells)) == len(cells)
    assert max(column for column, _ in cells) < 24


def test_the_file_names_no_machine() -> None:
    text = Path(FOLDER / "the-rush.json").read_text(encoding="utf-8")

    assert DASHBOARD.get("id") is None
    assert not re.search(r"https?://|localhost|127\.0\.0\.1", text)
