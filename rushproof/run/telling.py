"""Posts what a drill does to the webhooks that a scenario names, and to nobody else: its start, abort, mends and end."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Any

from rushproof.clocks import Clock
from rushproof.errors import InputError
from rushproof.injection import Injection
from rushproof.render.recovered import bracketed, clock_figures, stopped
from rushproof.report import Report
from rushproof.run.secret import masked

WITHIN = 15.0
"""wall seconds that the last messages are waited for when all is over"""


class Telling:
    """Messages, sent one after the other beside the drill, which waits for none of them."""

    def __init__(self, urls: Sequence[str], name: str, clock: Callable[[float], str]) -> None:
        """`urls` as apprise takes them, with their secrets; `clock` shows wall seconds since the start in scenario time."""
        self._to, self._name, self._clock = [_opened(url, nth) for nth, url in enumerate(urls)], name, clock
        self._waiting: list[tuple[str, str]] = []
        self._sending: asyncio.Task[None] | None = None
        self._missed = 0

    def heard(self, line: Injection) -> None:
        """A fault was begun or ended, or could not be."""
        when = self._clock(line.asked if line.confirmed is None else line.confirmed)
        if line.problem:
            could = "begun" if line.what == "inject" else "MENDED"
            self.say(f"{line.fault} could not be {could}", f"{when}: {line.problem}")
        elif line.what == "inject":
            self.say(
                f"{line.fault} has begun", f"{when}: confirmed {max((line.confirmed or 0.0) - line.due, 0.0) * 1000:.0f} ms after its time."
            )
        else:
            self.say(f"{line.fault} is mended", f"{when}: confirmed by looking.")

    def aborted(self) -> None:
        """The load was ended before its time."""
        self.say("aborted", "The load ends before its time; every fault that is on is being mended now.")

    def ended(self, report: Report) -> None:
        """All is over and judged."""
        self.say(f"over: {report.verdict.value}", "\n".join(_figures(report)))

    def say(self, what: str, more: str) -> None:
        """Has it sent as soon as what came before it was; what gathers meanwhile goes out together."""
        if not self._to:
            return
        self._waiting.append((what, more))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def done(self) -> None:
        """Return when all was sent, or cannot be."""
        if self._sending is not None:
            try:
                await asyncio.wait_for(self._sending, WITHIN)
            except TimeoutError:
                self._miss()

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence where a webhook did not take what it was told."""
        many = "a message" if self._missed == 1 else f"{self._missed} messages"
        return (f"{many} about the drill did not reach every webhook of `drill.tell`",) if self._missed else ()

    async def _send(self) -> None:
        while self._waiting:
            told, self._waiting = self._waiting, []
            title = masked(f"Drill {self._name}: {'; '.join(what for what, _ in told)}")
            body = masked("\n".join(more for _, more in told))
            posts = (asyncio.to_thread(one.notify, body=body, title=title) for one in self._to)
            taken = await asyncio.gather(*posts, return_exceptions=True)
            if not all(one is True for one in taken):
                self._miss()

    def _miss(self) -> None:
        """Shouted once; how many there were stands in the report, but for the last, which may be missed when that is written."""
        self._missed += 1
        if self._missed == 1:
            print("rushproof: a message about the drill did not reach every webhook of `drill.tell`", file=sys.stderr)


def _opened(url: str, nth: int) -> Any:
    """Who takes messages at a URL; InputError, without the URL, where nobody could."""
    try:
        import apprise
    except ModuleNotFoundError:
        raise InputError("drill.tell needs a library that is not installed: pip install 'rushproof[tell]'") from None
    found = apprise.Apprise.instantiate(url)
    if found is None:
        kind = url.partition("://")[0]
        raise InputError(f"drill.tell.{nth}: no webhook that apprise knows, or not all that it needs: {kind}://…")
    return found


def _figures(report: Report) -> list[str]:
    """The clocks, a line each."""
    if report.recovery is None:
        return [report.manifest.why or "Its recovery is not known."]
    return [f"{name}: {_stopped(clock)}" for name, clock in clock_figures(report.recovery)]


def _stopped(clock: Clock) -> str:
    """`28 min of scenario time (27 min … 29 min)`, `not within 60 s of wall time`, `not observed`."""
    figure, bracket = stopped(clock), " … ".join(bracketed(clock))
    return figure if figure == clock.status else f"{figure} of {clock.time} time{f' ({bracket})' if bracket else ''}"
