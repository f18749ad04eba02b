"""A run of the generator without the command around it: the wire's messages to a driver on its core, and the frames it sends back."""

import os
import selectors
import socket
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import msgspec

from bench.child import Failed, child
from bench.machine import GENERATOR, descendants, named
from bench.ride import Ride
from rushproof.arrivals import Shape, Spike, Steady
from rushproof.frame import Frame
from rushproof.plan import Connections, CrowdPlan, Plan, Transport
from rushproof.population import PopulationSpec
from rushproof.quantity import Count, Duration, Rate
from rushproof.timetable import Moment, Timetable
from rushproof.wire import Message, Unpacker, number, pack

VISITORS = Path(__file__).parent / "visitors"
CROWD = "bench"
POOLED = Connections()
_OPEN = "09:00"
_PROGRAM = "rushproof.driver"

Doing = tuple[float, Callable[["Engine"], None]]
"""A wall second of the run, and what is done then."""


class Engine(msgspec.Struct, frozen=True):
    """The processes of a run, and when it began."""

    driver: int
    engine: int
    start: float
    """unix time"""


def steady(rate: float, seconds: float) -> Shape:
    """The same rate throughout."""
    return Steady(first=Moment.read(_OPEN), length=Duration(seconds), rate=Rate(rate))


def spike(base: float, peak: float, at: float, hold: float, seconds: float) -> Shape:
    """`base`, from second `at` on `peak` for `hold` seconds, and `base` again."""
    return Spike(
        first=Moment.read(_OPEN),
        length=Duration(seconds),
        base=Rate(base),
        peak=Rate(peak),
        at=Moment.read(f"{_OPEN} + {at}s"),
        hold=Duration(hold),
    )


def plan(
    url: str,
    arrivals: Shape,
    seconds: float,
    *,
    people: float,
    visitor: Literal["one_step", "two_step"] = "one_step",
    connections: Connections = POOLED,
    think: float | None = None,
    resolution: float = 1.0,
    in_flight: int = 1_000_000,
    drain: float = 10.0,
) -> Plan:
    """The plan of one crowd at full size and speed 1."""
    settings = {} if think is None else {"mean": think}
    crowd = CrowdPlan(CROWD, str(VISITORS / f"{visitor}.py"), round(people), arrivals, settings, connections)
    return Plan(
        run="bench",
        salt=os.urandom(16).hex(),
        seed=1,
        url=url,
        crowds=(crowd,),
        population=PopulationSpec(),
        timetable=Timetable(first=Moment.read(_OPEN), last=Moment.read(f"{_OPEN} + {seconds}s")),
        resolution=Duration(resolution),
        in_flight=Count(in_flight),
        drain=Duration(drain),
        transport=Transport(verify=False),  # no peer looks at the certificate
    )


def drive(plan: Plan, folder: Path, *, doing: Iterable[Doing] = (), ready: float = 30.0, keep_attempts: bool = False) -> Ride:
    """Runs the plan to its last frame, doing each thing at its second; `Failed` where the generator ends before that or never does."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", _PROGRAM, "-f", plan.crowds[0].persona, "--headless", "--host", plan.url]
    command += ["--socket", str(theirs.fileno())]
    log = folder / "driver.out"
    with ours, child(command, GENERATOR, log, pass_fds=(theirs.fileno(),)) as process:
        theirs.close()
        conversation = _Conversation(ours, log)
        conversation.send(Message.PLAN, plan.encode())
        conversation.until(Message.READY, time.monotonic() + ready)
        found = named(process.pid, "rushproof.engine") or (descendants(process.pid) or [process.pid])[-1]
        engine = Engine(process.pid, found, time.time() + 0.5)
        conversation.send(Message.START, number(engine.start))
        length = plan.timetable.end - plan.timetable.begin
        frames = conversation.frames(
            engine, sorted(doing, key=lambda each: each[0]), engine.start + length + plan.drain + 30, keep_attempts
        )
        return Ride(tuple(frames), plan, engine.start)


class _Conversation:
    """Our end of the socket."""

    def __init__(self, ours: socket.socket, log: Path) -> None:
        self._socket, self._log = ours, log
        self._unpacker = Unpacker()
        self._selector = selectors.DefaultSelector()
        self._selector.register(ours, selectors.EVENT_READ)

    @property
    def heard(self) -> str:
        """The end of what the generator's processes wrote."""
        return self._log.read_text(errors="replace").strip()[-800:]

    def send(self, message: Message, payload: bytes) -> None:
        self._socket.sendall(pack(message, payload))

    def receive(self, within: float) -> list[tuple[Message, bytes]]:
        """What came in, waiting at most `within` seconds for it."""
        if not self._selector.select(max(within, 0.0)):
            return []
        try:
            piece = self._socket.recv(1 << 20)
        except ConnectionResetError:
            piece = b""
        if not piece:
            raise Failed(f"the generator ended early: {self.heard}")
        return self._unpacker.feed(piece)

    def until(self, wanted: Message, deadline: float) -> None:
        while time.monotonic() < deadline:
            for message, payload in self.receive(deadline - time.monotonic()):
                if message is Message.LOST:
                    raise Failed(f"{payload.decode()}: {self.heard}")
                if message is wanted:
                    return
        raise Failed(f"no {wanted.name} from the generator: {self.heard}")

    def frames(self, engine: Engine, doing: list[Doing], deadline: float, keep_attempts: bool) -> list[Frame]:
        found: list[Frame] = []
        while time.time() < deadline:
            while doing and time.time() >= engine.start + doing[0][0]:
                doing.pop(0)[1](engine)
            wait = engine.start + doing[0][0] - time.time() if doing else deadline - time.time()
            for message, payload in self.receive(min(wait, deadline - time.time())):
                if message is Message.LOST:
                    raise Failed(f"{payload.decode()}: {self.heard}")
                if message is not Message.FRAME:
                    continue
                frame = Frame.decode(payload)
                found.append(frame if keep_attempts else msgspec.structs.replace(frame, attempts=b""))
                if frame.final:
                    return found
        raise Failed(f"no final frame in time; {len(found)} frames came: {self.heard}")
