"""A run watched by a real Prometheus that scrapes a small exporter of ours."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from parts import program

from rushproof.errors import TargetError
from rushproof.journal import read
from rushproof.manifest import Ending
from rushproof.report import Report
from rushproof.run.story import run
from rushproof.run.target import free_port
from rushproof.scenario import Scenario
from rushproof.verdict import Status

Made = Callable[..., Any]
LENGTH = 30
CONFIG = """
global: {{scrape_interval: 500ms}}
scrape_configs:
  - job_name: target
    scrape_timeout: 400ms
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Exporter:
    """A gauge that the test turns, and how often it was looked at."""

    def __init__(self) -> None:
        self.used = 0.2
        self.looks = 0

    async def metrics(self, request: web.Request) -> web.Response:
        self.looks += 1
        return web.Response(text=f'pool_used {self.used}\nworker_busy{{core="0"}} 0.5\nworker_busy{{core="1"}} 0.7\n')


@contextlib.asynccontextmanager
async def prometheus(folder: Path) -> AsyncIterator[tuple[str, Exporter]]:
    binary, exporter, port = program("prometheus"), Exporter(), free_port()
    app = web.Application()
    app.router.add_get("/metrics", exporter.metrics)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        config = folder / "prometheus.yml"
        config.write_text(CONFIG.format(port=server.port))
        with (folder / "prometheus.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                str(binary), f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{port}",
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            async with asyncio.timeout(40):
                while exporter.looks < 2:
                    await asyncio.sleep(0.05)
                while True:
                    with contextlib.suppress(aiohttp.ClientError):
                        async with http.get(f"http://127.0.0.1:{port}/-/ready") as answer:
                            if answer.status == 200:
                                break
                    await asyncio.sleep(0.05)
            yield f"http://127.0.0.1:{port}", exporter
        finally:
            process.terminate()
            await process.wait()


def probed(scenario: Made, url: str, *changes: str) -> Scenario:
    length = f"timetable.to=open + {LENGTH}s", f"crowds.people.arrivals.for={LENGTH}s"
    probes = "{pool: {query: pool_used, full: 1}, busy: {query: max(worker_busy)}, both: {query: worker_busy}}"
    found: Scenario = scenario(*length, f"target.prometheus={url}", f"probes={probes}", *changes)
    return found


def test_a_gauge_that_rises_ends_the_load_and_its_readings_are_in_the_journal(scenario: Made, options: Made, tmp_path: Path) -> None:
    async def go() -> tuple[Report, float]:
        async with asyncio.timeout(100), prometheus(tmp_path) as (url, exporter):
            rose = float("inf")

            async def rise() -> float:
                await asyncio.sleep(2.5)
                exporter.used = 0.95
                return time.time()

            rising = asyncio.create_task(rise())
            rules = "stop_when=[{query: pool_used, above: 0.9, for: 2s}]"
            report = await run(probed(scenario, url, rules), options(), tmp_path / "run", lambda _: None)
            rose = await rising
            return report, rose

    report, rose = asyncio.run(go())
    manifest = report.manifest
    assert manifest.ending is Ending.STOPPED and report.verdict is Status.UNKNOWN
    assert manifest.why.startswith("pool_used above 0.9 (a rule of the scenario): it was 0.95 in the second from ")
    # a scrape comes each half second, and is seen by the next question; then it has to last for two
    assert manifest.start + manifest.elapsed <= rose + 0.5 + 2.0 + 2.0
    found = read(tmp_path / "run").probes
    assert set(found) == {"pool", "busy", "both", "pool_used above 0.9"}
    assert set(found["busy"]["value"].tolist()) == {0.7} and np.isnan(found["both"]["value"]).all()
    assert found["pool"]["value"].tolist() == sorted(found["pool"]["value"].tolist()) and set(found["pool"]["value"]) == {0.2, 0.95}
    assert found["pool"]["at"][0] < 0.5 and found["pool"]["at"][-1] <= manifest.drained
    assert any(note.startswith("both was not answered ") and "the query gives 2 samples" in note for note in manifest.notes)


def test_a_rule_that_can_no_longer_be_watched_ends_the_load(scenario: Made, options: Made, tmp_path: Path) -> None:
    async def go() -> Report:
        async with contextlib.AsyncExitStack() as stack, asyncio.timeout(100):
            url, _ = await stack.enter_async_context(prometheus(tmp_path))

            async def gone() -> None:
                await asyncio.sleep(2.0)
                await stack.aclose()

            going = asyncio.create_task(gone())
            rules = "stop_when=[{query: pool_used, above: 0.9}]"
            report = await run(probed(scenario, url, rules), options(), tmp_path / "run", lambda _: None)
            await going
            return report

    report = asyncio.run(go())
    assert report.manifest.ending is Ending.STOPPED
    assert "pool_used above 0.9 (a rule of the scenario) could not be watched for " in report.manifest.why
    assert report.manifest.elapsed < LENGTH - 10


def test_a_probe_alone_that_nobody_answers_ends_nothing(scenario: Made, options: Made, tmp_path: Path) -> None:
    changes = "target.prometheus=http://127.0.0.1:1", "probes={pool: {query: pool_used}}"
    report = asyncio.run(asyncio.wait_for(run(scenario(*changes), options(), tmp_path / "run", lambda _: None), 60))
    assert report.manifest.ending is Ending.COMPLETE
    assert any(note.startswith("pool was not answered ") for note in report.manifest.notes)


def test_a_rule_that_nobody_can_watch_starts_nothing(scenario: Made, options: Made, tmp_path: Path) -> None:
    changes = "target.prometheus=http://127.0.0.1:1", "stop_when=[{query: pool_used, above: 1}]"
    with pytest.raises(TargetError, match=r"the stop rule `pool_used above 1` cannot be watched: http://127\.0\.0\.1:1: Cannot connect"):
        asyncio.run(asyncio.wait_for(run(scenario(*changes), options(), tmp_path / "run", lambda _: None), 60))
    assert not (tmp_path / "run").exists()
