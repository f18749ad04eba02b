"""Arms side by side: verdicts, figures, limits; an arm that never ran has its column all the same."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import msgspec
import pytest
from rich.cells import cell_len

import rushproof.render
from rushproof.arm import Arm
from rushproof.render.arms import render
from rushproof.render.arms_json import schema
from rushproof.render.arms_pages import ARMS
from rushproof.render.arms_recovery import differences
from rushproof.render.grid import WIDTH
from rushproof.report import Report
from tests.render import drills
from tests.render.conftest import NASTY, drilled

SCHEMA = Path(rushproof.render.__file__).parent / "arms.schema.json"


def arms(**reports: Report | None) -> list[Arm]:
    """Of which nothing is expected but that they pass."""
    return [Arm(name, None, report) for name, report in reports.items()]


@pytest.fixture
def shown(reports: Mapping[str, Report]) -> list[str]:
    return render(arms(sqlite=reports["pass"], postgres=reports["fail"], other=None)).decode().splitlines()


def test_each_arm_is_a_column(shown: list[str]) -> None:
    assert shown[1].split() == ["sqlite", "postgres", "other"]
    assert next(line for line in shown if "verdict" in line).split() == ["verdict", "pass", "fail", "not", "run"]
    assert all(len(line) <= WIDTH for line in shown)


def test_limits_stand_beside_each_other_with_what_was_broken(shown: list[str], reports: Mapping[str, Report]) -> None:
    row = next(line for line in shown if "p99 reserve" in line or line.strip().startswith(reports["pass"].findings[0].name))

    assert "80.9 ms" in row
    assert "1.87 s … ∞ (fail)" in row
    assert row.rstrip().endswith("–")


def test_main_figures_are_there(shown: list[str]) -> None:
    text = "\n".join(shown)

    assert "of visits finished" in text
    assert "served at the peak" in text
    assert "at speeds other than 1" in text


def test_where_no_arm_ran_there_is_nothing_to_compare() -> None:
    assert "not run" in render(arms(a=None, b=None)).decode()


def arm(**changes: object) -> Report:
    """The evening that was mended, with other clocks or people."""
    clocks = {name: msgspec.structs.replace(drills.MENDED.clocks[name], **each) for name, each in changes.items()}  # type: ignore[arg-type]
    return msgspec.structs.replace(drilled(), recovery=msgspec.structs.replace(drills.MENDED, clocks={**drills.MENDED.clocks, **clocks}))


def row(text: str, label: str) -> list[str]:
    return re.split(r"\s{2,}", next(line for line in text.splitlines() if line.strip().startswith(label)).strip())


def test_arms_of_a_drill_show_their_clocks_and_what_once_happened() -> None:
    sooner = arm(ledger={"seconds": 60.0, "low": 50.0, "high": 65.0})
    text = render(arms(a=arm(), b=sooner, c=None)).decode()

    assert row(text, "ledger, scenario time") == ["ledger, scenario time", "28 min 23 s", "1 min", "–", "–"]
    assert row(text, "customer, scenario time")[1:3] == ["> 2 h 1 min", "> 2 h 1 min"]
    assert row(text, "affected")[1:] == ["4,188", "4,188", "–", "–"]
    assert row(text, "paid the same day") == ["paid the same day", "96.4 %", "96.4 %", "–", "3,412 of 4,188"]
    assert "9 May 2022" in text
    assert all(cell_len(line) <= WIDTH for line in text.splitlines())


def test_the_tail_of_an_arm_is_named_where_brackets_do_not_touch() -> None:
    done = {"status": "recovered", "seconds": 3600.0, "low": 3600.0, "high": 3660.0}
    of = {"a": arm(), "b": arm(ledger={"seconds": 60.0, "low": 50.0, "high": 65.0}), "c": arm(customer=done)}
    said = differences({name: report.recovery for name, report in of.items() if report.recovery is not None})

    assert said == (
        "In b the ledger was whole 27 min 5 s to 27 min 40 s earlier than in a (scenario time).",
        "In c the ledger was whole 27 min 5 s to 27 min 40 s later than in b (scenario time).",
        "In c the last customer was made whole 60 min or more earlier than in b (scenario time).",
    )


def test_arms_whose_brackets_touch_and_clocks_of_other_times_are_not_compared() -> None:
    near, other, blind = arm(ledger={"seconds": 1720.0, "low": 1705.0}), arm(ledger={"time": "wall"}), arm(ledger={"status": "unknown"})
    of = {"a": arm(), "b": near, "c": other, "d": blind}

    assert differences({name: report.recovery for name, report in of.items() if report.recovery is not None}) == ()


def test_arms_without_a_drill_have_no_table_of_one(reports: Mapping[str, Report]) -> None:
    assert "The drill" not in render(arms(a=reports["pass"])).decode()


def test_the_same_page_is_there_for_browsers_comments_and_programs() -> None:
    sooner = arm(ledger={"seconds": 60.0, "low": 50.0, "high": 65.0})
    of = msgspec.structs.replace(sooner.manifest.scenario, about=NASTY)
    other = msgspec.structs.replace(sooner, manifest=msgspec.structs.replace(sooner.manifest, scenario=of))
    pages = {name: page(arms(a=arm(), b=other, c=None)).decode() for name, page in ARMS.items()}

    for name in ("arms.txt", "arms.html", "arms.md"):
        assert "9 May 2022" in pages[name] and "28 min 23 s" in pages[name]
        assert "In b the ledger was whole 27 min 5 s to 27 min 40 s earlier than in a" in pages[name]
        assert "\x1b" not in pages[name]
    assert "<b>" + NASTY[3:6] not in pages["arms.html"]
    told = json.loads(pages["arms.json"])["arms"]
    assert list(told) == ["a", "b", "c"] and told["c"] == {"expected": "pass", "met": None, "run": None}
    assert told["b"]["run"]["recovery"]["ledger"]["seconds"] == 60.0


def test_a_page_of_arms_of_which_none_ran_can_be_written() -> None:
    assert all(page(arms(a=None)) for page in ARMS.values())


@pytest.mark.parametrize(
    ("of_a", "of_b", "verdict", "said"),
    [
        ("fail", "pass", "pass", "Together: pass; each came to what was expected of it."),
        ("pass", "pass", "fail", "Together: fail; a: expected fail, found pass."),
        ("unknown", "pass", "unknown", "Together: unknown; a: expected fail, found unknown."),
        ("fail", "unknown", "unknown", "Together: unknown; b: expected pass, found unknown."),
        ("unknown", "fail", "fail", "Together: fail; a: expected fail, found unknown; b: expected pass, found fail."),
        (None, "pass", "unknown", "Together: unknown; a: expected fail, never ran."),
    ],
)
def test_the_verdict_of_all_is_of_how_each_stood_beside_what_was_expected_of_it(
    reports: Mapping[str, Report], of_a: str | None, of_b: str, verdict: str, said: str
) -> None:
    asked = [Arm("a", "fail", reports[of_a] if of_a else None), Arm("b", None, reports[of_b])]
    pages = {name: page(asked).decode() for name, page in ARMS.items()}
    sign = {"pass": "✅", "fail": "❌", "unknown": "❔"}[verdict]

    assert row(pages["arms.txt"], "expected") == ["expected", "fail", "pass"]
    assert said in " ".join(pages["arms.txt"].split()) and said in pages["arms.html"]
    assert f"Arms side by side: {verdict}</h1>" in pages["arms.html"]
    assert pages["arms.md"].startswith(f"### {sign} ")
    assert json.loads(pages["arms.json"])["verdict"] == verdict


def test_where_nothing_is_stated_there_is_no_row_of_what_was_expected(shown: list[str]) -> None:
    assert not any(line.strip().startswith("expected") for line in shown)
    assert "Together: fail; postgres: expected pass, found fail; other: expected pass, never ran." in " ".join("\n".join(shown).split())


def test_arms_json_says_of_each_arm_whether_it_came_to_what_was_expected(reports: Mapping[str, Report]) -> None:
    told = json.loads(
        ARMS["arms.json"]([Arm("a", "fail", reports["fail"]), Arm("b", "fail", reports["pass"]), Arm("c", None, reports["unknown"])])
    )

    assert [(arm["expected"], arm["met"], arm["run"]["verdict"]) for arm in told["arms"].values()] == [
        ("fail", True, "fail"), ("fail", False, "pass"), ("pass", None, "unknown"),
    ]  # fmt: skip
    jsonschema.validate(told, json.loads(SCHEMA.read_text(encoding="utf-8")), jsonschema.Draft202012Validator)


def test_the_published_schema_of_arms_json_is_the_one_of_the_code(request: pytest.FixtureRequest) -> None:
    text = msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"

    if request.config.getoption("--update-golden"):
        SCHEMA.write_text(text, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == text
    jsonschema.Draft202012Validator.check_schema(json.loads(text))
