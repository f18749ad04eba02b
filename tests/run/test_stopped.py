"""Load that ends because a rule says so: real load on a target that turns bad at a known instant, watched on the wire between them."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from rushproof.manifest import Ending
from rushproof.report import Report
from rushproof.run.options import Options
from rushproof.run.story import run
from rushproof.run.target import free_port
from rushproof.scenario_file import read_scenario
from rushproof.verdict import Status

HERE = Path(__file__).parent
WITHIN = 2.0
"""wall seconds in which arrivals have to end once a rule has been broken for as long as it says"""
WELL = 3.0
"""wall seconds from the start of the target's process in which it is well"""
LENGTH = 25

PERSONA = '''
from rushproof.driver import Crowd, Person, Step, Target


class Asker(Crowd):
    """Asks once."""

    steps = {"reserve": Step()}

    async def visit(self, person: Person, target: Target) -> None:
        await target.post("/reservations", {"person": person.id}, step="reserve")
'''

TEXT = f"""
about: A target that turns bad
target: {{url: "http://127.0.0.1:1"}}
timetable: {{from: open, to: open + {LENGTH}s, moments: {{open: "09:00"}}}}
crowds:
  askers:
    persona: ./asker.py
    arrivals: {{shape: steady, from: open, for: {LENGTH}s, rate: 60/s}}
    connections: {{cap: 4000, timeout: 60s}}
generator: {{lag: 1s, busy: 100%, turn: 2s, unsent: 100%, tainted: 100%, peak: 0}}
drain: 1s
population: {{registered: 1M}}
"""


class Wire:
    """A relay that passes everything on and knows when the last request went through it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.Task[None]] = set()
        self.last = 0.0
        self.requests = 0

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handling = asyncio.current_task()
        assert handling is not None
        self._open.add(handling)
        async with contextlib.AsyncExitStack() as ending:
            ending.callback(self._open.discard, handling)
            ending.callback(writer.close)
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._port)
                ending.callback(there_writer.close)
                back = asyncio.create_task(self._copy(there_reader, writer, watched=False))
                ending.callback(back.cancel)
                await self._copy(reader, there_writer, watched=True)

    async def close(self) -> None:
        """Ends what is still being passed on; no connection outlives the loop."""
        for handling in list(self._open):
            handling.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await asyncio.sleep(0)  # the transports close in the loop's next turn

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, watched: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if watched and b"POST /reservations" in data:
                    self.last, self.requests = time.time(), self.requests + 1
                writer.write(data)


@contextlib.asynccontextmanager
async def target() -> AsyncIterator[tuple[Wire, str, int]]:
    """A target behind a wire: the wire, its URL, and the target's process id."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, str(HERE / "turning_script.py"), str(port))
    wire = Wire(port)
    relay = await asyncio.start_server(wire.pass_on, "127.0.0.1", 0)
    try:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)
        yield wire, f"http://127.0.0.1:{relay.sockets[0].getsockname()[1]}", process.pid
    finally:
        relay.close()
        await wire.close()
        process.kill()
        await process.wait()


Story = Callable[..., tuple[Report, Wire, float]]


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Runs the scenario with these lines added; the report, the wire, and the unix time at which the target was sent the signal."""
    (tmp_path / "asker.py").write_text(PERSONA)
    monkeypatch.chdir(tmp_path)

    def told(lines: str, turn: signal.Signals, own_host: str | None = None, workers: int = 1) -> tuple[Report, Wire, float]:
        scenario = read_scenario(TEXT + lines, "turning.yaml", "turning").scenario

        async def go() -> tuple[Report, Wire, float]:
            async with asyncio.timeout(100), target() as (wire, url, pid):

                async def turns() -> float:
                    while not wire.requests:
                        await asyncio.sleep(0.01)
                    await asyncio.sleep(WELL)
                    os.kill(pid, turn)
                    return time.time()

                turning = asyncio.create_task(turns())
                options = Options(beside=tmp_path, target=url, own_host=own_host, same_people=True, workers=workers)
                return await run(scenario, options, tmp_path / "run", lambda _: None), wire, await turning

        return asyncio.run(go())

    return told


def ended_in_time(report: Report, wire: Wire, broken: float) -> None:
    """`broken`: the unix time at which the rule had been broken for as long as it says."""
    assert report.manifest.ending is Ending.STOPPED
    assert wire.requests > 60 * WELL * 0.8, "there was load before"
    assert wire.last <= broken + WITHIN
    assert report.manifest.elapsed < LENGTH - 10
    finding = next(finding for finding in report.findings if finding.name == "the run is complete")
    assert finding.status is Status.UNKNOWN and report.manifest.why.rstrip(".") in finding.sentence


@pytest.mark.parametrize("workers", [1, 2])
def test_a_target_that_answers_errors_ends_arrivals_within_two_seconds(story: Story, workers: int) -> None:
    rule = "stop_when: [{measure: share, outcome: error, above: 20%, for: 2s}]\n"
    report, wire, turned = story(rule, signal.SIGUSR1, workers=workers)
    ended_in_time(report, wire, turned + 2.0)
    assert wire.last > turned + 1.0, "it did not end before it had lasted: a part of a second may count as one"
    assert report.verdict is Status.UNKNOWN
    assert report.manifest.why.startswith("share error above 20% (a rule of the scenario): it was ")
    assert " in the second from " in report.manifest.why and "(09:00:0" in report.manifest.why


def test_a_target_that_freezes_ends_arrivals_within_two_seconds_of_nobody_being_answered_for_so_long(story: Story) -> None:
    report, wire, turned = story("stop_when: [{measure: p99, step: reserve, above: 2500ms}]\n", signal.SIGSTOP)
    ended_in_time(report, wire, turned + 2.5 + 1.0)
    assert wire.last > turned + 2.5
    assert "the eldest call had waited " in report.manifest.why and report.verdict is Status.UNKNOWN


def test_an_owners_rule_holds_for_a_scenario_without_any_and_a_limit_that_failed_stays_failed(story: Story, tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(
        'hosts:\n  127.0.0.1: {owner: Ada, stop_when: [{measure: share, outcome: error, above: "50%"}]}\n'
    )
    report, wire, turned = story(
        "budget: [{measure: share, step: reserve, outcome: error, at_most: 1%}]\n", signal.SIGUSR1, own_host="127.0.0.1"
    )
    ended_in_time(report, wire, turned + 1.0)
    assert report.manifest.why.startswith("share error above 50% (a rule of the target's owner, Ada): ")
    assert report.verdict is Status.FAIL
