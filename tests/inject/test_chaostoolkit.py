"""Faults played by chaostoolkit-lib: activities of a real extension, a program, an HTTP call; mended whatever happens."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from rushproof.errors import FaultError
from rushproof.faults import ChaosToolkitFault
from rushproof.inject.chaostoolkit import ChaosToolkitInjector
from rushproof.inject.guarding import guarding
from rushproof.inject.place import Place
from rushproof.quantity import Duration
from rushproof.timetable import Moment
from tests.inject.guarded import read_guarded

HERE = Path(__file__).parent
Play = Callable[[ChaosToolkitInjector], Awaitable[None]]


def activity(func: str, kind: str = "action", **arguments: object) -> dict[str, Any]:
    provider = {"type": "python", "module": "chaos_extension", "func": func, "arguments": arguments}
    return {"type": kind, "name": func.replace("_", " "), "provider": provider}


def fault(action: dict[str, Any], *rollbacks: dict[str, Any], **more: Any) -> ChaosToolkitFault:
    return ChaosToolkitFault(at=Moment.read("09:00"), lasting=Duration(9), action=action, rollbacks=rollbacks, **more)


def play(folder: Path, made: ChaosToolkitFault, does: Play, url: str = "http://127.0.0.1:9", patience: float = 5.0) -> None:
    async def whole() -> None:
        async with guarding(folder) as guard, aiohttp.ClientSession() as http:
            place = Place(name="target", url=url, http=http, guard=guard, beside=HERE, folder=folder, pid=os.getpid)
            injector = ChaosToolkitInjector(made, place, patience)
            try:
                await does(injector)
            finally:
                await injector.close()

    asyncio.run(asyncio.wait_for(whole(), 90.0))


def test_an_extension_breaks_and_mends_and_the_times_are_its_own(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    made = fault(
        activity("break_it", flag=str(flag)),
        activity("mend_it", flag=str(flag)),
        probe={**activity("is_broken", "probe", flag=str(flag)), "tolerance": False},
    )

    async def does(injector: ChaosToolkitInjector) -> None:
        assert injector.mender == "guard"
        await injector.ready()
        assert not flag.exists(), "making ready breaks nothing"
        before = time.time()
        broken = await injector.inject(30.0)
        assert before <= broken.asked <= float(flag.read_text()) <= broken.confirmed <= time.time()
        assert await injector.inject(30.0) == broken, "twice is once"
        mended = await injector.mend()
        assert not flag.exists()
        assert broken.confirmed <= mended.asked <= mended.confirmed
        await injector.mend()

    play(tmp_path, made, does)
    assert read_guarded(tmp_path) == ()


def test_who_mends_is_said_and_nobody_is_nobody(tmp_path: Path) -> None:
    say = activity("break_it", flag=str(tmp_path / "flag"))

    async def does(injector: ChaosToolkitInjector) -> None:
        place = injector._place
        menders = [ChaosToolkitInjector(each, place).mender for each in (fault(say, say), fault(say, by_itself=True), fault(say))]
        assert menders == ["guard", "target", "nobody"]

    play(tmp_path, fault(say), does)


def test_what_is_ready_begins_at_once(tmp_path: Path) -> None:
    flag = tmp_path / "flag"

    async def does(injector: ChaosToolkitInjector) -> None:
        await injector.ready()
        took = []
        for _ in range(5):
            due = time.time()
            took.append((await injector.inject(30.0)).confirmed - due)
            await injector.mend()
        assert min(took) < 0.05, "no interpreter is started, and nothing imported, when it is due"

    play(tmp_path, fault(activity("break_it", flag=str(flag)), activity("mend_it", flag=str(flag))), does)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (activity("nobody"), "does not expose a function called 'nobody'"),
        (activity("break_it"), "required argument 'flag' is missing"),
        ({**activity("x"), "provider": {"type": "python", "module": "chaos_nowhere", "func": "x"}}, "could not find Python module"),
        ({**activity("x"), "provider": {"type": "process", "path": "chaos-nowhere"}}, "path 'chaos-nowhere' cannot be found"),
        ({"name": "x"}, "an activity must have a type"),
    ],
)
def test_what_cannot_be_played_is_told_before_anything_is_broken(action: dict[str, Any], words: str, tmp_path: Path) -> None:
    async def does(injector: ChaosToolkitInjector) -> None:
        with pytest.raises(FaultError, match=f"^target: Chaos Toolkit: .*{words}"):
            await injector.ready()

    play(tmp_path, fault(action), does)


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        ({"type": "process", "path": "sh", "arguments": ["-c", "echo no >&2; exit 3"]}, "exit code 3: no"),
        ({"type": "http", "url": "http://127.0.0.1:9/"}, "failed to connect"),
        (activity("vanish")["provider"], "the process that plays its activities ended"),
    ],
)
def test_an_action_that_did_nothing_is_no_fault(provider: dict[str, Any], words: str, tmp_path: Path) -> None:
    async def does(injector: ChaosToolkitInjector) -> None:
        with pytest.raises(FaultError, match=words):
            await injector.inject(5.0)

    play(tmp_path, fault({"type": "action", "name": "break", "provider": provider}), does)


def test_an_http_activity_knows_where_the_target_is(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.method, request.path))
        return web.json_response({}, status=503 if request.path == "/away" else 200)

    async def does(injector: ChaosToolkitInjector) -> None:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        place = injector._place
        port = runner.addresses[0][1]
        for path, words in (("/faults/x", ""), ("/away", "HTTP status 503")):
            call = {"type": "http", "url": "${target_url}" + path, "method": "PUT", "timeout": 5}
            made = fault({"type": "action", "name": "call", "provider": call})
            there = Place(
                name="target", url=f"http://127.0.0.1:{port}", http=place.http, guard=place.guard, beside=HERE, folder=place.folder
            )
            one = ChaosToolkitInjector(made, there)
            try:
                if words:
                    with pytest.raises(FaultError, match=words):
                        await one.inject(5.0)
                else:
                    await one.inject(5.0)
            finally:
                await one.close()
        await runner.cleanup()

    play(tmp_path, fault(activity("sleepy", seconds=0)), does)
    assert asked == [("PUT", "/faults/x"), ("PUT", "/away")]


def test_a_rollback_that_fails_is_played_again_loudly_and_those_before_it_are_not(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    flag = tmp_path / "flag"
    made = fault(activity("break_it", flag=str(flag)), activity("mend_it", flag=str(flag), fails=2))

    async def does(injector: ChaosToolkitInjector) -> None:
        await injector.inject(30.0)
        await injector.mend()
        assert not flag.exists()

    play(tmp_path, made, does)
    assert "did not work, and is tried again" in capfd.readouterr().err


def test_a_mend_that_its_probe_does_not_confirm_is_no_mend(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    still = {**activity("is_broken", "probe", flag=str(flag)), "tolerance": False}
    made = fault(activity("break_it", flag=str(flag)), activity("is_broken", flag=str(flag)), probe=still)

    async def does(injector: ChaosToolkitInjector) -> None:
        await injector.inject(30.0)
        with pytest.raises(FaultError, match="its tolerance is not met"):
            await injector.mend()

    play(tmp_path, made, does, patience=0.5)


def test_secrets_come_from_the_environment_and_are_written_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAOS_TOKEN", "canary-4711")
    flag = tmp_path / "out" / "flag"
    flag.parent.mkdir()
    mend = activity("mend_it", flag=str(flag))
    mend["provider"]["secrets"] = ["shop"]
    made = fault(activity("break_it", flag=str(flag)), mend, secrets={"shop": {"token": {"type": "env", "key": "CHAOS_TOKEN"}}})

    async def does(injector: ChaosToolkitInjector) -> None:
        await injector.inject(30.0)
        assert "canary" not in json.dumps(injector._steps()[0]["command"])
        await injector.mend()

    play(tmp_path, made, does)
    assert Path(f"{flag}.secret").read_text() == "canary-4711"


def test_what_the_guard_mends_is_waited_for_and_not_mended_again(tmp_path: Path) -> None:
    flag, mends = tmp_path / "flag", tmp_path / "mends"
    words = f"echo x >> {mends}; rm -f {flag}"
    count = {"type": "action", "name": "count", "provider": {"type": "process", "path": "sh", "arguments": ["-c", words]}}

    async def does(injector: ChaosToolkitInjector) -> None:
        await injector.ready()
        await injector.inject(0.1)
        await asyncio.sleep(0.3)
        await injector.mend()
        assert not flag.exists() and mends.read_text() == "x\n"

    play(tmp_path, fault(activity("break_it", flag=str(flag)), count), does)
    (told,) = read_guarded(tmp_path)
    assert told.why == "its time was over"


def test_what_the_harness_cannot_mend_any_more_the_guard_does(tmp_path: Path) -> None:
    """Killed with SIGKILL in mid-fault; the rollback fails once, and is played again."""
    flag = tmp_path / "flag"
    path = os.pathsep.join((str(HERE), os.getcwd(), os.environ.get("PYTHONPATH", "")))
    words = [sys.executable, str(HERE / "chaos_harness.py"), str(tmp_path), str(flag)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}) as harness:
        assert harness.stdout is not None and harness.stdout.readline() == b"broken\n"
        assert flag.exists()
        harness.kill()
    deadline = time.monotonic() + 60
    while flag.exists() or not read_guarded(tmp_path):
        assert time.monotonic() < deadline, "nobody mended it"
        time.sleep(0.05)
    (told,) = read_guarded(tmp_path)
    assert (told.told, told.why, told.problem) == ("the rollbacks of target: break it", "the harness was gone", "")
    assert told.tries == 2
