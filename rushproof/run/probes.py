"""Looking at the target's own figures once a second while load runs: probes, and the queries of stop rules."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec

from rushproof.errors import TargetError
from rushproof.journal import Readings
from rushproof.ledgers import Span
from rushproof.plan import Transport
from rushproof.probe import ProbeSpec
from rushproof.run.company import Company, together
from rushproof.run.control import control_session
from rushproof.run.counting import from_json, from_sql
from rushproof.run.hosts import check_prometheus
from rushproof.run.lookout import Halt
from rushproof.run.playing import Playing
from rushproof.run.prometheus import Number, ask
from rushproof.run.secret import masked, resolved
from rushproof.run.stopping import BLIND, SCENARIO, Standing, Stopping
from rushproof.scenario import Scenario

_EVERY = 1.0
_AGAIN = 0.25


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One query that is asked every second: of a Prometheus at `url`, or by `probe`, which says what else."""

    name: str
    query: str = ""
    probe: ProbeSpec | None = None
    """with its secrets in it, where it is JSON or SQL"""
    url: str = ""
    """with its secrets in it: never to be shown"""
    shown: str = ""
    """the same as it was written"""
    own_host: str = ""
    """its host, where that is not this machine and stands in `targets.yaml`"""
    addresses: tuple[str, ...] = ()
    """networks that this host must be in"""
    rule: int | None = None
    """the number of the stop rule that hangs on it; None for a probe that is only recorded"""


def questions(scenario: Scenario, rules: Sequence[Standing], beside: Path, folder: Path) -> tuple[Question, ...]:
    """Everything there is to ask; SafetyError or TargetError for a Prometheus that must not or cannot be asked.

    `folder` holds `targets.yaml`, `beside` the scenario; secrets in files are read from the folder of whoever names them.
    """
    asked: list[tuple[str, str, str | None, int | None, Path]] = [
        (name, probe.query, probe.prometheus or scenario.target.prometheus, None, beside)
        for name, probe in scenario.probes.items()
        if probe.query is not None
    ]
    for nth, one in enumerate(rules):
        if one.rule.query is not None:
            asked.append((one.rule.name, one.rule.query, one.prometheus, nth, beside if one.whose == SCENARIO else folder))
    found = [_counted(name, probe, beside, folder) for name, probe in scenario.probes.items() if probe.query is None]
    for name, query, shown, number, where in asked:
        assert shown is not None, "checked when it was read"
        url = str(resolved(shown, where))
        own, addresses = _reached(url, folder)
        found.append(Question(name=name, query=query, url=url, shown=shown, own_host=own, addresses=addresses, rule=number))
    return tuple(found)


def _counted(name: str, probe: ProbeSpec, beside: Path, folder: Path) -> Question:
    """A probe that asks the target itself, or anybody on this machine or a host of one's own."""
    put_in = msgspec.structs.replace(
        probe, **{key: str(resolved(value, beside)) for key in ("json", "dsn") if (value := getattr(probe, key)) is not None}
    )
    url = put_in.json if put_in.json is not None and urlsplit(put_in.json).netloc else ""
    own, addresses = _reached(url, folder) if url else ("", ())
    return Question(name=name, probe=put_in, url=url, shown=probe.json or "", own_host=own, addresses=addresses)


def _reached(url: str, folder: Path) -> tuple[str, tuple[str, ...]]:
    """The host of one's own that is asked, with its networks; nothing for this machine."""
    host = check_prometheus(url, folder)
    return (urlsplit(url).hostname or "", host.addresses) if host is not None else ("", ())


class Probes:
    """Asks all questions, each once a second and on its own, records what they come to, and tells the stop rules that hang on them."""

    def __init__(
        self, asked: Sequence[Question], stopping: Stopping, transport: Transport, readings: Readings, beside: Path = Path()
    ) -> None:
        self._asked, self._stopping, self._readings = tuple(asked), stopping, readings
        self._trust = Transport(ca=transport.ca, verify=transport.verify)  # whatever else it says is the target's
        self._who: Company | None = None
        self._span = Span(0.0, 0.0)
        self._played = Playing(beside)
        self._silent: dict[str, tuple[int, str]] = {}
        self._times: dict[str, int] = {}

    @contextlib.asynccontextmanager
    async def running(self, start: float, heed: Callable[[Halt], Awaitable[None]], who: Company | None = None) -> AsyncIterator[None]:
        """From now until the end of the block; `start` is the unix time that `at` is counted from, `who` has the target's own answers."""
        self._who, self._span = who, Span(start, start)
        tasks = [asyncio.create_task(self._ask(question, start, heed)) for question in self._asked]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._played.close()
            if tasks:
                await asyncio.to_thread(self._readings.flush)

    async def answered(self) -> None:
        """Return when every stop rule's query has been answered once; TargetError where one is not: load must not begin unwatched."""
        await together(*(self._first(question) for question in self._asked if question.rule is not None))

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence for each question that was not always answered, and one where readings could not be written."""
        told = [
            f"{name} was not answered {missed} of {self._times[name]} times: {problem}" for name, (missed, problem) in self._silent.items()
        ]
        return (*told, *([self._readings.trouble] if self._readings.trouble else []))

    async def _first(self, question: Question) -> None:
        deadline = time.monotonic() + BLIND
        async with self._session(question) as http:
            while (number := await self._number(question, http)).value is None:
                if time.monotonic() > deadline:
                    why = f"the stop rule `{question.name}` cannot be watched: {question.shown}: {masked(number.problem)}"
                    raise TargetError(f"{why}; load must not begin unwatched")
                await asyncio.sleep(_AGAIN)

    async def _ask(self, question: Question, start: float, heed: Callable[[Halt], Awaitable[None]]) -> None:
        due = time.monotonic()
        async with self._session(question) as http:
            while True:
                at = time.time() - start
                try:
                    number = await self._number(question, http)
                except Exception as problem:  # a bug: whoever hangs on the answer must hear that there is none
                    number = Number(None, f"{type(problem).__name__}: {problem}")
                await self._take(question, at, number, heed)
                due = max(due + _EVERY, time.monotonic())
                await asyncio.sleep(due - time.monotonic())

    async def _number(self, question: Question, http: aiohttp.ClientSession | None) -> Number:
        probe = question.probe
        if probe is None:
            assert http is not None, "a Prometheus has a session"
            return await ask(http, question.url, question.query)
        if probe.sql is not None:
            return await from_sql(probe.dsn or "", probe.sql, self._span)
        if probe.activity is not None:
            return await self._played.number(question.name, probe, self._who.target.url if self._who is not None else "")
        if http is None and self._who is None:
            return Number(None, "there is no target to ask")
        its, url = (http, question.url) if http is not None or self._who is None else self._who.way(probe.json or "")
        assert its is not None, "of one or the other"
        return await from_json(its, url, probe.field)

    async def _take(self, question: Question, at: float, number: Number, heed: Callable[[Halt], Awaitable[None]]) -> None:
        self._times[question.name] = self._times.get(question.name, 0) + 1
        if number.value is None:
            missed, problem = self._silent.get(question.name, (0, masked(number.problem)))
            self._silent[question.name] = missed + 1, problem
        if question.rule is not None and (halt := self._stopping.read(question.rule, at, number.value, masked(number.problem))) is not None:
            await heed(halt)
        await asyncio.to_thread(self._readings.add, question.name, at, number.value)

    @contextlib.asynccontextmanager
    async def _session(self, question: Question) -> AsyncIterator[aiohttp.ClientSession | None]:
        """A session of its own for whoever is asked at a URL; None where it is the target's own to answer, or a database's."""
        if not question.url:
            yield None
            return
        async with control_session(question.url, self._trust, question.own_host, question.addresses) as http:
            yield http
