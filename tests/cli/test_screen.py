"""The screen: calm on a terminal, sparse in a file, and gone when the run is over."""

import io
import re

import msgspec
import pytest
from rich.console import Console

from rushproof.cli.screen import Screen, line
from rushproof.glance import Glance

GLANCE = Glance(
    at=32_404.0, elapsed=4.0, total=63.0, offered=1204.4, served=1190.0, p50=0.0041, p99=0.022, outcomes={"error": 3, "ok": 12_000},
    in_flight=3120, tainted=0, lag_p99=0.0003, busy=0.62,
)  # fmt: skip


def at(second: float, **more: object) -> Glance:
    return msgspec.structs.replace(GLANCE, elapsed=second, **more)


@pytest.fixture
def file() -> io.StringIO:
    return io.StringIO()


def test_a_line_holds_every_figure_with_its_unit() -> None:
    assert line(GLANCE) == (
        "09:00:04 load  4/63 s | offered 1,204/s served 1,190/s | p50 4.1 ms p99 22 ms | in flight 3,120"
        " | ok 12,000 error 3 | core 62% lag p99 300 µs clean"
    )


def test_where_nothing_was_measured_the_line_says_so() -> None:
    assert "p50 – p99 – | in flight 3,120 | no sample yet" in line(at(0, p50=None, p99=None, outcomes={}))


def test_a_file_gets_a_line_every_five_seconds_and_one_for_each_phase(file: io.StringIO) -> None:
    with Screen(Console(file=file, width=40)) as screen:
        for second in range(12):
            screen(at(second + 0.0))
        screen(at(12.0, phase="drain"))
        screen(at(12.0, phase="audit"))

    seconds = [found.split(" | ")[0].removeprefix("09:00:04 ") for found in file.getvalue().splitlines()]
    assert seconds == ["load  0/63 s", "load  5/63 s", "load  10/63 s", "drain 12/63 s", "audit 12/63 s"]


def test_a_file_gets_no_control_characters_and_no_wrapped_lines(file: io.StringIO) -> None:
    with Screen(Console(file=file, width=40)) as screen:
        screen(GLANCE)
        screen.note("the descriptor limit of [bold]1,024[/bold] was raised; this note is longer than the console is wide")

    assert "\x1b" not in file.getvalue()
    assert file.getvalue().splitlines() == [
        line(GLANCE),
        "the descriptor limit of [bold]1,024[/bold] was raised; this note is longer than the console is wide",
    ]


def test_a_terminal_shows_the_clock_the_rates_and_what_went_wrong(file: io.StringIO) -> None:
    with Screen(Console(file=file, width=100, force_terminal=True, color_system=None)) as screen:
        screen(at(31.0, tainted=2))
        shown = plain(file.getvalue())

    for figure in ("09:00:04", "31 of 63 s", "1,204/s", "1,190/s", "4.1 ms", "22 ms", "3,120", "ok 12,000", "error 3", "tainted 2 s"):
        assert figure in shown


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_the_cursor_comes_back_however_the_run_ends(file: io.StringIO, error: type[BaseException]) -> None:
    def rush() -> None:
        with Screen(Console(file=file, width=100, force_terminal=True)) as screen:
            screen(GLANCE)
            raise error

    with pytest.raises(error):
        rush()

    assert file.getvalue().count("\x1b[?25l") == 1
    assert file.getvalue().rindex("\x1b[?25h") > file.getvalue().rindex("\x1b[?25l")


def test_a_note_stays_above_what_moves(file: io.StringIO) -> None:
    with Screen(Console(file=file, width=100, force_terminal=True, color_system=None)) as screen:
        screen(GLANCE)
        screen.note("worker 2 is gone")
        screen(at(5.0))

    assert plain(file.getvalue()).count("worker 2 is gone\n") == 1


def test_a_run_of_no_length_shows_a_full_bar(file: io.StringIO) -> None:
    with Screen(Console(file=file, width=60, force_terminal=True, color_system=None)) as screen:
        screen(at(0.0, total=0.0, phase="audit"))

    assert "audit, 0 s" in plain(file.getvalue())


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", text)
