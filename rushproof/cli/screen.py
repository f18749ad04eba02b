"""What a person sees while a rush runs: a few lines that stay in place on a terminal, one line every five seconds anywhere else."""

import math
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rushproof.glance import Glance
from rushproof.quantity import Unit, show
from rushproof.sample import OUTCOMES
from rushproof.timetable import clock_face

EVERY = 5.0
"""wall seconds between two lines where there is no terminal"""
_NOTHING = "–"
_BAD = frozenset({"error", "doubt", "unfinished", "missed"})


class Screen:
    """A `Progress`; as a context manager it leaves the terminal as it found it, however the run ends.

    It writes to standard error, so that the report on standard output stays clean when either is sent to a file.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, transient=True) if self._console.is_terminal else None
        self._said: tuple[str, int] | None = None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, glance: Glance) -> None:
        """Shows one second of the run."""
        if self._live:
            self._live.update(picture(glance), refresh=True)
            return
        now = glance.phase, math.floor(glance.elapsed / EVERY + 1e-9)
        if now != self._said:
            self._said = now
            self._write(line(glance))

    def note(self, text: str) -> None:
        """A line that stays, above whatever moves."""
        self._write(text)

    def _write(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)
        self._console.file.flush()


def line(glance: Glance) -> str:
    """One second of a run on one line, for logs."""
    outcomes = " ".join(f"{word} {count:,}" for word, count in _outcomes(glance)) or "no sample yet"
    return (
        f"{clock_face(glance.at)} {glance.phase:5} {glance.elapsed:.0f}/{glance.total:.0f} s"
        f" | offered {_rate(glance.offered)} served {_rate(glance.served)}"
        f" | p50 {_seconds(glance.p50)} p99 {_seconds(glance.p99)}"
        f" | in flight {glance.in_flight:,} | {outcomes} | {_health(glance)}"
    )


def picture(glance: Glance) -> Group:
    """One second of a run in four lines, for terminals."""
    rows = Table.grid(padding=(0, 2))
    rows.add_row(Text("visits offered", "dim"), _rate(glance.offered), Text("p50", "dim"), _seconds(glance.p50))
    rows.add_row(Text("samples served", "dim"), _rate(glance.served), Text("p99", "dim"), _seconds(glance.p99))
    rows.add_row(Text("in flight", "dim"), f"{glance.in_flight:,}", Text("generator", "dim"), _vouched(glance))
    outcomes = Text("   ").join(
        Text.assemble((f"{word} ", "dim"), (f"{count:,}", "bold red" if word in _BAD else "bold")) for word, count in _outcomes(glance)
    )
    return Group(_bar(glance), rows, outcomes)


def _bar(glance: Glance) -> Table:
    """The timetable as a bar under the scenario's clock; it is full while visits drain and while the audit runs."""
    share = min(glance.elapsed / glance.total, 1.0) if glance.total > 0 else 1.0
    over = glance.phase != "load"
    bar = Table.grid(padding=(0, 1), expand=True)
    bar.add_column(no_wrap=True)
    bar.add_column(ratio=1)
    bar.add_column(no_wrap=True, justify="right")
    state = f"{glance.elapsed:.0f} of {glance.total:.0f} s" if not over else f"{glance.phase}, {glance.elapsed:.0f} s"
    bar.add_row(
        Text(clock_face(glance.at), "bold"),
        ProgressBar(total=1.0, completed=1.0 if over else share, complete_style="cyan", finished_style="cyan"),
        Text(state, "dim"),
    )
    return bar


def _vouched(glance: Glance) -> Text:
    return Text(_health(glance), "bold yellow" if glance.tainted else "")


def _health(glance: Glance) -> str:
    """How the generator does: it is to be believed while it is not busy and not late."""
    tainted = f"tainted {glance.tainted:,} s" if glance.tainted else "clean"
    return f"core {glance.busy:.0%} lag p99 {_seconds(glance.lag_p99)} {tainted}"


def _outcomes(glance: Glance) -> list[tuple[str, int]]:
    return [(word, glance.outcomes[word]) for word in OUTCOMES if glance.outcomes.get(word)]


def _rate(value: float) -> str:
    return f"{value:,.0f}/s"


def _seconds(value: float | None) -> str:
    return _NOTHING if value is None else show(value, Unit.SECONDS)
