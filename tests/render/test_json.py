"""verdict.json: its published schema, its units, its arithmetic."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import rushproof.render
from rushproof.render.json import render, schema
from rushproof.report import Report

SCHEMA = Path(rushproof.render.__file__).parent / "verdict.schema.json"


def published() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def test_the_published_schema_is_the_one_of_the_code(request: pytest.FixtureRequest) -> None:
    text = msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"

    if request.config.getoption("--update-golden"):
        SCHEMA.write_text(text, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == text


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(published())


def test_every_report_fits_the_schema(case: tuple[str, Report]) -> None:
    jsonschema.validate(json.loads(render(case[1])), published(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict",), "green"),
        (("scale",), {"people": 1}),
        (("counts",), {"offered": 1}),
        (("findings", 0, "status"), "skipped"),
        (("findings", 0, "n"), "many"),
    ],
)
def test_the_schema_refuses_what_is_no_verdict(reports: Mapping[str, Report], path: tuple[Any, ...], value: object) -> None:
    document = json.loads(render(reports["pass"]))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, published())


def test_a_figure_without_end_is_null_and_its_interval_says_from_where(reports: Mapping[str, Report]) -> None:
    finding = json.loads(render(reports["fail"]))["findings"][0]

    assert (finding["measured"], finding["low"], finding["high"]) == (None, 1.87, None)


def test_steps_of_several_crowds_are_kept_apart_by_the_crowd(reports: Mapping[str, Report]) -> None:
    assert {"browse", "reserve"} == set(json.loads(render(reports["pass"]))["steps"])
    assert {"day_shift/browse", "night_swarm/browse"} <= set(json.loads(render(reports["many_steps"]))["steps"])


def test_visits_add_up_in_the_document(case: tuple[str, Report]) -> None:
    counts = json.loads(render(case[1]))["counts"]

    assert counts["offered"] == counts["finished"] + counts["unfinished"] + counts["missed"] + counts["lost"]
