"""A drill on the network of somebody beside the target: those who were told the URL go through the proxy, this run goes past it."""

import asyncio
import contextlib
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import InputError, ScenarioError, TargetError
from rushproof.journal import read_actions, read_manifest
from rushproof.manifest import Ending
from rushproof.plan import Transport
from rushproof.report import Report
from rushproof.run.company import company
from rushproof.run.options import Options
from rushproof.run.preparation import prepare
from rushproof.run.proxied import Front
from rushproof.run.story import run
from rushproof.run.target import free_port
from rushproof.scenario import Scenario
from tests.run.apart import harness

Made = Callable[..., Any]
SCRIPT = Path(__file__).parent / "target_script.py"
BESIDE = f'target.beside={{one: {{command: "python {SCRIPT} {{port}} {{folder}}/one"}}}}'
TOLD = f"target.command=python {SCRIPT} {{port}} {{folder}} {{one}}"
LATE = "inject: network, at: open + 500ms, for: 1s, toxics: [{type: latency, attributes: {latency: 50}}]"
LONGER = ("timetable.to=open + 3s", "crowds.people.arrivals.for=3s", "target.clock=null")
DOWN = "inject: network, at: open + 500ms, for: 1500ms, down: true"


def drilled(*faults: str) -> tuple[str, ...]:
    return (BESIDE, TOLD, *LONGER, f"drill={{service: {{step: reserve}}, faults: {{{', '.join(faults)}}}}}")


def go(scenario: Scenario, options: Options, folder: Path) -> Report:
    return asyncio.run(asyncio.wait_for(run(scenario, options, folder, lambda _: None), 100.0))


class Visitor:
    """Asks `one` by the URL that the target was told, again and again, and keeps when it was answered."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._over = folder, threading.Event()
        self.answers: list[tuple[float, float, bool]] = []
        self.url = ""
        self._thread = threading.Thread(target=self._visit)

    def __enter__(self) -> "Visitor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30.0)

    def _visit(self) -> None:
        told = self._folder / "target" / "argv.json"
        while not self._over.is_set():
            time.sleep(0.01)
            if not self.url and told.exists() and (text := told.read_text()):
                (self.url,) = json.loads(text)
            if self.url:
                asked = time.time()
                try:
                    urllib.request.urlopen(self.url + "/health", timeout=5.0).read()
                    self.answers.append((asked, time.time(), True))
                except (OSError, http.client.HTTPException):
                    self.answers.append((asked, time.time(), False))


def test_whoever_was_told_its_url_is_cut_off_from_the_moment_to_the_end(scenario: Made, options: Made, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with Visitor(folder) as visitor:
        report = go(scenario(*drilled(f"cut: {{on: one, {DOWN}}}")), options(), folder)

    assert report.manifest.ending is Ending.COMPLETE, report.manifest.why
    (begun, mended), _ = read_actions(folder)
    start = read_manifest(folder).start
    assert not begun.problem and not mended.problem and begun.confirmed is not None and mended.confirmed is not None
    before = [well for _, done, well in visitor.answers if done < start + begun.asked]
    during = [well for asked, done, well in visitor.answers if asked > start + begun.confirmed and done < start + mended.asked]
    assert before[-3:] == [True] * 3 and during and not any(during)
    assert [well for asked, done, well in visitor.answers if asked > start + mended.confirmed and done < start + 2.9][:1] == [True]
    assert (folder / "beside-proxy.log").exists()


def test_the_load_goes_through_the_proxy_and_the_calls_beside_it_do_not(scenario: Made, options: Made, tmp_path: Path) -> None:
    async def whole() -> None:
        given = await prepare(scenario(*drilled(f"cut: {{{DOWN}}}", f"late: {{on: one, {LATE}}}")), options())
        async with company(given.scenario.target, None, tmp_path, given.plan, given.scenario.drill) as who:
            assert set(who.passages) == {"target", "one"} and who.passages["one"].api == who.passages["target"].api
            await who.target.ready(who.http)
            assert who.front.url != who.target.url
            answers(who.front.url)
            status, _ = await who.passages["target"].ask("POST", "", {"enabled": False})
            assert status == 200
            with pytest.raises(OSError, match="refused"):
                answers(who.front.url)
            answers(who.target.url)
            await who.target.ready(who.http)

    asyncio.run(asyncio.wait_for(whole(), 100.0))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[str]:
    """The URL of a target that the run does not start."""
    target = subprocess.Popen([sys.executable, str(SCRIPT), str(port := free_port()), str(tmp_path / "its")])
    try:
        wait((tmp_path / "its" / "target.pid").exists)
        yield f"http://127.0.0.1:{port}"
    finally:
        target.kill()
        target.wait()


def long(fault: str) -> tuple[str, ...]:
    return (*drilled(fault.replace("1500ms", "30s"))[2:], "timetable.to=open + 40s", "crowds.people.arrivals.for=40s")


def test_our_proxy_is_gone_when_the_harness_was_killed(scenario: Made, options: Made, tmp_path: Path, running: str) -> None:
    folder = tmp_path / "run"
    with harness(scenario(*long(f"cut: {{{DOWN}}}")), options(target=running), folder) as killed:
        wait(lambda: read_actions(folder)[0])
        api = (folder / "beside-proxy.log").read_text().split()[-1]
        ((_, passage),) = known(api).items()
        assert f"http://{passage['upstream']}" == running and not passage["enabled"]
        killed.kill()
    wait(lambda: not listens(api))
    answers(running)


def listens(url: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(url.removeprefix("http://").split(":"), timeout=20.0):
        return True
    return False


def wait(held: Callable[[], Any]) -> None:
    ends = time.monotonic() + 60.0
    while not held():
        assert time.monotonic() < ends
        time.sleep(0.02)


def answers(url: str) -> None:
    urllib.request.urlopen(url + "/health", timeout=20.0).read()


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[str]:
    """The URL of a Toxiproxy that the run does not start."""
    log = tmp_path / "theirs.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "rushproof.inject.proxy", "--port", "0"]
        process = subprocess.Popen(command, stdout=output, start_new_session=True)
    try:
        wait(lambda: log.read_text().endswith("\n"))
        yield log.read_text().split()[-1]
    finally:
        process.kill()
        process.wait()


def known(api: str) -> Any:
    return json.loads(urllib.request.urlopen(f"{api}/proxies", timeout=20.0).read())


def test_somebody_elses_toxiproxy_takes_the_place_of_ours_by_its_url(scenario: Made, options: Made, tmp_path: Path, theirs: str) -> None:
    async def whole() -> None:
        given = await prepare(scenario(*drilled(f"cut: {{{DOWN}, toxiproxy: '{theirs}'}}")), options())
        async with company(given.scenario.target, None, tmp_path, given.plan, given.scenario.drill) as who:
            assert len(known(theirs)) == 1
            await who.target.ready(who.http)
            answers(who.front.url)

    asyncio.run(asyncio.wait_for(whole(), 100.0))
    assert not known(theirs), "what was made there is taken away"
    assert not (tmp_path / "beside-proxy.log").exists() and not (tmp_path / "guard.jsonl").exists()


def test_what_was_made_at_theirs_is_taken_away_when_the_harness_was_killed(
    scenario: Made, options: Made, tmp_path: Path, running: str, theirs: str
) -> None:
    folder = tmp_path / "run"
    with harness(scenario(*long(f"cut: {{toxiproxy: '{theirs}', {DOWN}}}")), options(target=running), folder) as killed:
        wait(lambda: known(theirs))
        killed.kill()
    wait((folder / "guard.jsonl").exists)
    assert not known(theirs)
    assert read_actions(folder) == ((), ()), "it is no mend of a fault"


def test_a_host_keeps_its_name_in_front_of_the_proxy() -> None:
    front = Front("https://shop.test:4711/api", "127.0.0.1")
    assert front.way(Transport(sni="shop.test")).resolve == "127.0.0.1"
    assert Front("http://127.0.0.1:1").way(Transport()) == Transport()


@pytest.mark.parametrize(
    ("faults", "wrong", "words"),
    [
        ((f"cut: {{on: one, {DOWN}, toxiproxy: 'http://127.0.0.1:9'}}",), TargetError, "the Toxiproxy http://127.0.0.1:9 does not answer"),
        ((f"cut: {{on: one, {DOWN}, proxy: mine}}",), InputError, "names the proxy 'mine': say whose"),
        (
            (
                f"cut: {{on: one, {DOWN}}}",
                f"slow: {{on: one, {DOWN.replace('500ms, for: 1500ms', '2500ms, for: 300ms')}, toxiproxy: 'http://127.0.0.1:9'}}",
            ),
            InputError,
            "another proxy stands in front of one already",
        ),
        (("slow: {inject: network, at: open + 1s, for: 1s, toxics: [{type: lateness}]}",), ScenarioError, "did you mean 'latency'"),
    ],
)
def test_what_cannot_be_stood_in_front_of_is_said_before_the_load(
    scenario: Made, options: Made, tmp_path: Path, faults: tuple[str, ...], wrong: type[Exception], words: str
) -> None:
    with pytest.raises(wrong, match=words):
        go(scenario(*drilled(*faults)), options(), tmp_path / "run")
    assert not (tmp_path / "run").exists()
