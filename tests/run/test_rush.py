"""Who is told what comes up while load runs, and how soon."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from rushproof.errors import LoadError
from rushproof.frame import Frame, Health
from rushproof.manifest import Ending
from rushproof.plan import Plan
from rushproof.quantity import decode
from rushproof.run.interrupt import Interrupt
from rushproof.run.lookout import Halt, Lookouts
from rushproof.run.rush import Ended, Rush
from rushproof.wire import Message

LENGTH = 60.0


def plan() -> Plan:
    return msgspec.convert(
        {
            "run": "r", "salt": "00" * 16, "seed": 1, "url": "http://127.0.0.1:1", "population": {}, "drain": 1, "start": time.time(),
            "timetable": {"from": "09:00", "to": f"09:00 + {LENGTH}s"},
            "crowds": [{
                "name": "crowd", "persona": "p", "people": 60, "arrivals": {"shape": "steady", "from": "09:00", "for": f"{LENGTH}s"},
            }],
        },
        Plan, strict=False, dec_hook=decode,
    )  # fmt: skip


def frame(second: int, final: bool = False) -> bytes:
    health = Health(at=second, lag_p99=0, busy=0, turn=0, due=0, unsent=0, missed=0, in_flight=0, memory=1)
    return Frame(worker=0, seq=second, until=second + 1.0, steps=(), visits=(), health=(health,), final=final).encode()


class Worker:
    """Tells its seconds, one each hundredth of one, until it is told to stop or has told them all."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self.halted: float | None = None
        self.told = 0

    async def messages(self) -> AsyncIterator[tuple[Message, bytes]]:
        for second in range(self._seconds):
            await asyncio.sleep(0.01)
            over = self.halted is not None or second == self._seconds - 1
            self.told = second + 1
            yield Message.FRAME, frame(second, final=over)
            if over:
                return

    async def halt(self, drain: float) -> None:
        self.halted = self.halted or time.monotonic()


class Slow:
    """A journal on a slow disk."""

    def __init__(self, takes: float, fails_at: int | None = None) -> None:
        self._takes, self._fails_at = takes, fails_at
        self.written: list[int] = []

    def append(self, frame: Frame) -> None:
        time.sleep(self._takes)
        if frame.seq == self._fails_at:
            raise LoadError("the disk is full")
        self.written.append(frame.seq)


class Says:
    """A lookout that has seen enough at one second."""

    def __init__(self, at: int, ending: Ending = Ending.STOPPED) -> None:
        self._at, self._ending = at, ending
        self.seen: list[int] = []

    def add(self, frame: Frame) -> Halt | None:
        self.seen.append(frame.seq)
        return Halt(self._ending, f"seen enough at {frame.seq}") if frame.seq >= self._at else None


class Unseen:
    def add(self, frame: Frame) -> bool:
        return False


def rushed(worker: Worker, journal: Slow, *lookouts: Any) -> Ended:
    async def go() -> Ended:
        with Interrupt() as interrupt:
            rush = Rush(plan(), worker, journal, Unseen(), lambda _: None, Lookouts(*lookouts))  # type: ignore[arg-type]
            return await asyncio.wait_for(rush.run(interrupt), 30.0)

    return asyncio.run(go())


def test_a_slow_disk_keeps_no_lookout_from_ending_the_load() -> None:
    worker, journal, begun = Worker(40), Slow(0.5), time.monotonic()
    ended = rushed(worker, journal, Says(at=5))
    assert worker.halted is not None and worker.halted - begun < 1.0  # with the disk in the way it were three seconds
    assert (ended.ending, ended.why) == (Ending.STOPPED, "seen enough at 5")
    assert journal.written == list(range(worker.told)), "and every frame is written, in order, before it is over"


def test_every_lookout_sees_every_frame_and_the_first_to_speak_is_told() -> None:
    early, late = Says(at=3), Says(at=6)
    ended = rushed(Worker(20), Slow(0.0), None, late, early)
    assert ended.why == "seen enough at 3" and early.seen == late.seen == list(range(len(early.seen)))


def test_a_lookout_that_has_only_seen_enough_ends_a_complete_run_before_its_time() -> None:
    worker = Worker(20)
    ended = rushed(worker, Slow(0.0), Says(at=3, ending=Ending.COMPLETE))
    assert (ended.ending, ended.why) == (Ending.COMPLETE, "seen enough at 3")
    assert worker.told < 20 and ended.elapsed < LENGTH


@pytest.mark.parametrize(("at", "ending"), [(25, Ending.DISK), (2, Ending.STOPPED)])
def test_the_first_reason_to_end_is_the_one_that_is_told(at: int, ending: Ending) -> None:
    assert rushed(Worker(30), Slow(0.0, fails_at=4), Says(at=at)).ending is ending


def test_a_bug_in_the_journal_is_not_waited_out() -> None:
    class Broken(Slow):
        def append(self, frame: Frame) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rushed(Worker(1000), Broken(0.0))
