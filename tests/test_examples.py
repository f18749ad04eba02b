"""The examples are real runs, and what is published of the formats holds for them."""

import json
from pathlib import Path

import jsonschema
import pytest

from rushproof.journal import read_manifest
from rushproof.render import RENDERERS

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(folder for folder in (ROOT / "reports" / "examples").iterdir() if folder.is_dir())
SCHEMAS = {"run.json": "rushproof/journal/run.schema.json", "verdict.json": "rushproof/render/verdict.schema.json"}


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_has_every_form_of_the_report_and_keeps_to_the_schemas(folder: Path) -> None:
    assert {file.name for file in folder.iterdir()} >= {*RENDERERS, "run.json"}
    for name, schema in SCHEMAS.items():
        jsonschema.validate(json.loads((folder / name).read_text()), json.loads((ROOT / schema).read_text()))
    assert read_manifest(folder).scenario.name == json.loads((folder / "verdict.json").read_text())["scenario"]


def test_there_is_an_example() -> None:
    assert EXAMPLES
