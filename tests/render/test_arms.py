"""Arms side by side: verdicts, figures, limits; an arm that never ran has its column all the same."""

from collections.abc import Mapping

import pytest

from rushproof.render.arms import render
from rushproof.render.grid import WIDTH
from rushproof.report import Report


@pytest.fixture
def shown(reports: Mapping[str, Report]) -> list[str]:
    both = {"sqlite": reports["pass"], "postgres": reports["fail"]}
    return render(both, ("sqlite", "postgres", "other")).decode().splitlines()


def test_each_arm_is_a_column(shown: list[str]) -> None:
    assert shown[1].split() == ["sqlite", "postgres", "other"]
    assert next(line for line in shown if "verdict" in line).split() == ["verdict", "pass", "fail", "not", "run"]
    assert all(len(line) <= WIDTH for line in shown)


def test_limits_stand_beside_each_other_with_what_was_broken(shown: list[str], reports: Mapping[str, Report]) -> None:
    row = next(line for line in shown if "p99 reserve" in line or line.strip().startswith(reports["pass"].findings[0].name))

    assert "80.9 ms" in row
    assert "1.87 s … ∞ (fail, 500 ms)" in row
    assert row.rstrip().endswith("–")


def test_main_figures_are_there(shown: list[str]) -> None:
    text = "\n".join(shown)

    assert "of visits finished" in text
    assert "served at the peak" in text
    assert "at speeds other than 1" in text


def test_where_no_arm_ran_there_is_nothing_to_compare() -> None:
    assert "not run" in render({}, ("a", "b")).decode()
