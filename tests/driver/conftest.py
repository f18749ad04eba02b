"""A target on a port of its own, and the driver's processes as a run would start them: each with a deadline, none left behind."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from rushproof.arrivals import Steady
from rushproof.frame import Frame
from rushproof.plan import CrowdPlan, Plan
from rushproof.population import PopulationSpec
from rushproof.quantity import Duration, Rate
from rushproof.timetable import Moment, Timetable
from rushproof.wire import Message, Unpacker, number, pack

DEADLINE = 60.0

PASSER = """
from rushproof.driver import Crowd, Step


class Passer(Crowd):
    "Looks in once."

    steps = {"look": Step(again=frozenset())}

    async def visit(self, person, target):
        await target.get("/", step="look", person=person)
"""

BROWSER = """
from locust import FastHttpUser, constant_pacing, task


class Browser(FastHttpUser):
    "Looks in five times a second."

    wait_time = constant_pacing(0.2)

    @task
    def look(self):
        self.client.get("/", name="look")
        self.client.post("/broken", name="break")
"""


class Site:
    """A target that counts what it is asked; it answers with its `statuses` in turn, and `/broken` with 500."""

    def __init__(self) -> None:
        self.asked = 0
        self.times: list[float] = []
        """when it was asked, of a clock that only goes forwards"""
        self.statuses = (200,)
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "Site":
        self._thread.start()
        assert self._up.wait(DEADLINE)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE)
        self._loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app)
        self._loop.run_until_complete(runner.setup())
        sock = socket.create_server(("127.0.0.1", 0))
        self._loop.run_until_complete(web.SockSite(runner, sock).start())
        self.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        self._up.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())

    async def _answer(self, request: web.Request) -> web.Response:
        status = 500 if request.path == "/broken" else self.statuses[self.asked % len(self.statuses)]
        self.asked += 1
        self.times.append(time.monotonic())
        return web.Response(status=status, text="hello")


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as one:
        yield one


@pytest.fixture
def passer(tmp_path: Path) -> Path:
    file = tmp_path / "passer.py"
    file.write_text(PASSER)
    return file


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    file = tmp_path / "browser.py"
    file.write_text(BROWSER)
    return file


class Process:
    """A process with its output in a file, in a group of its own, which is ended at the end whatever happened."""

    def __init__(self, command: list[str], folder: Path, name: str, descriptors: tuple[int, ...] = ()) -> None:
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            self.popen = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, pass_fds=descriptors,
                start_new_session=True, env={**os.environ, "PYTHONWARNINGS": "", "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self.popen.pid

    def wait(self, within: float = DEADLINE) -> int:
        return self.popen.wait(within)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def children(self) -> list[int]:
        """The processes below this one."""
        return [int(pid) for task in Path(f"/proc/{self.pid}/task").iterdir() for pid in (task / "children").read_text().split()]

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait(DEADLINE)


Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts processes and ends them."""
    started: list[Process] = []

    def begin(command: list[str], descriptors: tuple[int, ...] = ()) -> Process:
        process = Process(command, tmp_path, f"process-{len(started)}", descriptors)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.end()


class Run:
    """The run's end of the socket, and a driver on the other."""

    def __init__(self, start: Start, *options: str) -> None:
        self._mine, theirs = socket.socketpair()
        self._mine.settimeout(DEADLINE)
        with theirs:
            command = [sys.executable, "-m", "rushproof.driver", "--headless", "--socket", str(theirs.fileno()), *options]
            self.driver = start(command, (theirs.fileno(),))
        self._unpacker = Unpacker()
        self._waiting: list[tuple[Message, bytes]] = []

    def send(self, message: Message, payload: bytes = b"") -> None:
        self._mine.sendall(pack(message, payload))

    def begin(self, plan: Plan) -> float:
        """Plan down, ready up, start down: the unix time of the start."""
        self.send(Message.PLAN, plan.encode())
        assert self.next() == (Message.READY, b""), self.driver.said()
        at = time.time()
        self.send(Message.START, number(at))
        return at

    def next(self) -> tuple[Message, bytes] | None:
        """The next message; None when the driver has closed its end."""
        while not self._waiting:
            data = self._mine.recv(1 << 16)
            if not data:
                return None
            self._waiting += self._unpacker.feed(data)
        return self._waiting.pop(0)

    def rest(self) -> list[tuple[Message, bytes]]:
        """Everything until the driver closes its end."""
        return list(iter(self.next, None))

    def frames(self) -> list[Frame]:
        """The frames until the driver closes its end, and nothing else."""
        rest = self.rest()
        assert {message for message, _ in rest} <= {Message.FRAME}, rest
        return [Frame.decode(payload) for _, payload in rest]

    def close(self) -> None:
        self._mine.close()


@pytest.fixture
def run(start: Start) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(*options: str) -> Run:
        runs.append(Run(start, *options))
        return runs[-1]

    yield begin
    for one in runs:
        one.close()


@pytest.fixture
def plan() -> Callable[..., Plan]:
    return _plan


@pytest.fixture
def crowd() -> Callable[..., CrowdPlan]:
    return _crowd


def _plan(url: str, *crowds: CrowdPlan, seconds: float = 2.0, drain: float = 5.0, speed: float = 1.0) -> Plan:
    """Those crowds on that site, from nine o'clock."""
    return Plan(
        run="test", salt="00" * 16, seed=1, url=url, crowds=crowds, population=PopulationSpec(), speed=speed,
        timetable=Timetable(first=Moment.read("09:00"), last=Moment.read(f"09:00 + {seconds * speed}s")), drain=Duration(drain),
    )  # fmt: skip


def _crowd(file: Path, rate: float = 50.0, seconds: float = 2.0) -> CrowdPlan:
    """A persona's crowd of `rate` a second."""
    shape = Steady(first=Moment.read("09:00"), length=Duration(seconds), rate=Rate(rate))
    return CrowdPlan(name=f"{file.stem}s", persona=str(file), people=round(rate * seconds), arrivals=shape)
