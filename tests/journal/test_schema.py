import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import rushproof.journal
from rushproof.arrivals import Opening
from rushproof.budget import Limit
from rushproof.journal import read_manifest, write_manifest
from rushproof.journal.schema import text
from rushproof.quantity import Bound, Count, Share, Speed
from rushproof.scenario import CrowdSpec, LedgerSpec
from rushproof.timetable import Moment, Stretch, Window

SCHEMA = Path(rushproof.journal.__file__).parent / "run.schema.json"


def full(make_manifest: Any) -> Any:
    """A manifest with something in every corner."""
    manifest = make_manifest(labels={"commit": "abc"}, notes=("a note",), arm="bare")
    first, last = Moment.read("open"), Moment.read("09:01")
    scenario = msgspec.structs.replace(
        manifest.scenario,
        windows={"rush": Window(first, last)},
        timetable=msgspec.structs.replace(
            manifest.scenario.timetable, stretches=(Stretch(first, last, Speed.read("30")), Stretch(last, last, Speed.read("jump")))
        ),
        crowds={
            "reservers": CrowdSpec(
                persona="a", arrivals=Opening(first=first, last=last), people=Count(9), settings={"gap": 3, "shops": ["x"]}
            ),
            "users": CrowdSpec(persona="b", users=Count(9)),
            "again": CrowdSpec(persona="c", arrivals=Opening(first=first, last=last), of="reservers", share=Share(0.5)),
        },
        ledgers={"ledger": LedgerSpec(export="/ledger.csv", content=("shop",))},
        budget=(
            Limit("p99", step="reserve", at_most=Bound.read("500ms")),
            Limit("good_share", within=Bound.read("1s"), at_least=Bound.read("99%")),
        ),
    )
    return msgspec.structs.replace(manifest, scenario=scenario)


def test_the_published_schema_is_the_one_of_the_code(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        SCHEMA.write_text(text(), encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == text()


def test_what_is_written_fits_the_schema_and_comes_back(tmp_path: Path, make_manifest: Any) -> None:
    manifest = full(make_manifest)
    write_manifest(tmp_path, manifest)

    jsonschema.Draft202012Validator.check_schema(json.loads(text()))
    jsonschema.validate(json.loads((tmp_path / "run.json").read_bytes()), json.loads(text()), jsonschema.Draft202012Validator)
    assert read_manifest(tmp_path) == manifest
    assert read_manifest(tmp_path).scenario.budget[0].bound.value == 0.5


@pytest.mark.parametrize(("key", "value"), [("speed", "fast"), ("scenario", {}), ("ending", "well"), ("offered", {"a": "many"})])
def test_the_schema_refuses_what_is_no_run(tmp_path: Path, make_manifest: Any, key: str, value: Any) -> None:
    write_manifest(tmp_path, make_manifest())
    document = json.loads((tmp_path / "run.json").read_bytes()) | {key: value}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(text()), jsonschema.Draft202012Validator)
