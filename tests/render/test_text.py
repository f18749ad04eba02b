"""report.txt: a hundred columns, the verdict first, nothing that moves a cursor."""

from collections.abc import Mapping

import msgspec
from rich.cells import cell_len

from rushproof.render import factors
from rushproof.render.certificate import sentence, vouches
from rushproof.render.headline import headline, step_key
from rushproof.render.steps import intents, latencies, samples
from rushproof.render.text import render
from rushproof.report import Report


def text(report: Report) -> str:
    return render(report).decode()


def test_no_line_is_wider_than_a_hundred_columns_but_the_command(case: tuple[str, Report]) -> None:
    again = factors.again(case[1])

    assert not [line for line in text(case[1]).splitlines() if cell_len(line) > 100 and again not in line]


def test_the_verdict_is_the_first_line(case: tuple[str, Report]) -> None:
    assert text(case[1]).splitlines()[0] == headline(case[1])


def test_nothing_moves_the_cursor(case: tuple[str, Report]) -> None:
    assert all(character.isprintable() or character == "\n" for character in text(case[1]))


def test_what_to_look_at_stands_before_the_table_and_only_where_there_is_something(reports: Mapping[str, Report]) -> None:
    failed = text(reports["fail"])

    assert failed.index("What to look at") < failed.index("Findings")
    assert "sequence 10211" in failed
    assert "What to look at" not in text(reports["pass"])


def test_the_generator_says_whether_it_is_to_be_believed(reports: Mapping[str, Report]) -> None:
    assert sentence(reports["pass"]).startswith("The generator kept its schedule in all 63 seconds")
    assert sentence(reports["unknown"]).startswith("5 of 31 seconds are tainted (lag 4, busy 5)")
    assert sentence(reports["nothing_offered"]) == "The generator reported no second, so it vouches for nothing."


def test_the_two_factors_are_said_with_what_they_keep_and_lose(reports: Mapping[str, Report]) -> None:
    assert "× 0.005 × 10 = × 0.05" in text(reports["pass"])
    assert "Lost: queues" in text(reports["pass"])
    assert "Lost: queues" not in text(reports["fail"])


def test_the_command_makes_the_same_run(reports: Mapping[str, Report]) -> None:
    assert factors.again(reports["pass"]) == "rushproof run daily_reservation --seed 7 --scale 0.005 --speed 10 --same-people"
    assert factors.again(reports["unknown"]).endswith("--from 09:00:00 --workers 2")


def test_a_scenario_that_was_asked_for_by_its_path_is_asked_for_so_again(reports: Mapping[str, Report]) -> None:
    manifest = msgspec.structs.replace(reports["pass"].manifest, asked="rush/my_scenario.yaml")
    assert factors.again(msgspec.structs.replace(reports["pass"], manifest=manifest)).startswith(
        "rushproof run rush/my_scenario.yaml --seed"
    )


def test_a_name_from_a_shell_is_quoted(reports: Mapping[str, Report]) -> None:
    scenario = msgspec.structs.replace(reports["pass"].manifest.scenario, name="a; rm -rf b")
    manifest = msgspec.structs.replace(reports["pass"].manifest, scenario=scenario)

    assert "run 'a; rm -rf b' --seed" in factors.again(msgspec.structs.replace(reports["pass"], manifest=manifest))


def test_whole_visits_are_no_samples(reports: Mapping[str, Report]) -> None:
    report = reports["many_steps"]

    assert "day_shift/visit" in {row[0] for row in latencies(report).rows}
    assert {row[0] for grid in (samples(report), intents(report)) for row in grid.rows} == {
        step_key(report, step) for step in report.steps if step.step != "visit"
    }


def test_nothing_tainted_is_vouched_for_and_no_second_is_not(reports: Mapping[str, Report]) -> None:
    assert [vouches(reports[name]) for name in ("pass", "unknown", "nothing_offered")] == [True, False, False]
