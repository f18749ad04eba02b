"""Who came, and what the same command makes again."""

from collections.abc import Mapping

import msgspec
import pytest

from rushproof.persons import PersonsSpec
from rushproof.render import factors
from rushproof.report import Report


@pytest.fixture
def of_a_file(reports: Mapping[str, Report]) -> Report:
    manifest = reports["unknown"].manifest
    scenario = msgspec.structs.replace(manifest.scenario, persons=PersonsSpec(file="people.csv"))
    return msgspec.structs.replace(reports["unknown"], manifest=msgspec.structs.replace(manifest, scenario=scenario))


def test_rows_of_a_file_are_told_as_such_counted_from_one(of_a_file: Report) -> None:
    first, count = of_a_file.manifest.first_person, of_a_file.manifest.persons
    assert factors.people(of_a_file) == f"{count:,} persons, rows {first + 1:,} to {first + count:,} of people.csv"
    assert f"from row {first + 1:,} of people.csv on, because earlier runs had taken" in factors.promise(of_a_file)


def test_derived_persons_are_told_as_numbers_of_the_population(reports: Mapping[str, Report]) -> None:
    assert "of the population as the seed shuffles it" in factors.people(reports["unknown"])
    assert "earlier runs of that day" in factors.promise(reports["unknown"])
