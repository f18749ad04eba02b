"""The director of a drill: faults at their moments, and none that is left, whatever happens."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import FaultError, InputError, TargetError
from rushproof.injection import Injection, Interval
from rushproof.journal import Actions, read_actions
from rushproof.run import drill
from rushproof.run.drill import Act, Director, check_menders
from rushproof.seams import Mender


class Scripted:
    """An injector that notes what it is asked, and fails as it is told."""

    def __init__(self, broken: int = 0, unmended: int = 0, unreachable: str = "", slow: float = 0.0) -> None:
        self.mender: Mender = "target"
        self.broken, self.unmended, self.unreachable, self.slow = broken, unmended, unreachable, slow
        self.on, self.asked = False, list[str]()
        self.ttl = 0.0

    async def ready(self) -> None:
        self.asked.append("ready")
        if self.unreachable:
            raise FaultError(self.unreachable)

    async def inject(self, ttl: float) -> Interval:
        self.asked.append("inject")
        self.ttl, self.on, asked = ttl, True, time.time()
        await asyncio.sleep(self.slow)
        if self.broken:
            self.broken -= 1
            raise FaultError("it stays as it was")
        return Interval(asked, time.time())

    async def mend(self) -> Interval:
        self.asked.append("mend")
        asked = time.time()
        if self.unmended:
            self.unmended -= 1
            raise FaultError("it stays broken")
        self.on = False
        return Interval(asked, time.time())

    async def close(self) -> None:
        self.asked.append("close")


def act(injector: Any, begins: float = 0.05, ends: float = 0.15, name: str = "it", after: tuple[str, ...] = ()) -> Act:
    return Act(name=name, injector=injector, begins=begins, ends=ends, after=after)


def play(folder: Path, *acts: Act, lasts: float = 0.3, cut: float | None = None, breaks: bool = False) -> tuple[Injection, ...]:
    return played(folder, *acts, lasts=lasts, cut=cut, breaks=breaks)[0]


def played(
    folder: Path, *acts: Act, lasts: float = 0.3, cut: float | None = None, breaks: bool = False
) -> tuple[tuple[Injection, ...], tuple[str, ...]]:
    """The lines, and the notes."""

    async def through() -> tuple[str, ...]:
        director, over = Director(acts, Actions(folder)), asyncio.Event()
        await director.ready()
        if cut is not None:
            asyncio.get_running_loop().call_later(cut, over.set)
        async with director.running(time.time(), over):
            await asyncio.sleep(lasts)
            assert not breaks, "the block broke"
        return director.notes

    notes = asyncio.run(asyncio.wait_for(through(), 60.0))
    return read_actions(folder)[0], notes


def test_a_fault_begins_and_ends_at_its_moments_and_both_are_written_down(tmp_path: Path) -> None:
    it = Scripted(slow=0.02)
    begun, mended = play(tmp_path, act(it))
    assert it.asked == ["ready", "ready", "inject", "mend"]
    assert (begun.what, begun.fault, begun.due, mended.what, mended.due) == ("inject", "it", 0.05, "mend", 0.15)
    assert 0.05 <= begun.asked < (begun.confirmed or 0.0) <= mended.asked <= (mended.confirmed or 0.0)
    assert mended.asked >= 0.15
    assert it.ttl == pytest.approx(0.1 + drill.GRACE, abs=0.1), "it ends by itself a little after we would end it"


def test_two_faults_that_follow_each_other_are_never_on_together(tmp_path: Path) -> None:
    first, second = Scripted(), Scripted(unmended=0)
    lines = play(tmp_path, act(first, 0.02, 0.1, "first"), act(second, 0.1, 0.2, "second", after=("first",)))
    assert [(line.fault, line.what) for line in lines] == [("first", "inject"), ("first", "mend"), ("second", "inject"), ("second", "mend")]
    assert lines[1].confirmed is not None and lines[2].asked >= lines[1].confirmed


def test_a_load_that_ends_before_its_time_mends_at_once_and_begins_nothing_more(tmp_path: Path) -> None:
    on, later = Scripted(), Scripted()
    before = time.time()
    lines = play(tmp_path, act(on, 0.02, 30.0, "on"), act(later, 20.0, 30.0, "later"), cut=0.2, lasts=0.5)
    assert [(line.fault, line.what) for line in lines] == [("on", "inject"), ("on", "mend")]
    assert 0.2 <= lines[1].asked <= time.time() - before and lines[1].due < 30.0
    assert "inject" not in later.asked


def test_a_fault_that_is_on_when_the_block_breaks_is_mended(tmp_path: Path) -> None:
    it = Scripted()
    with pytest.raises(AssertionError, match="the block broke"):
        play(tmp_path, act(it, 0.02, 30.0), lasts=0.1, breaks=True)
    assert it.asked[-1] == "mend" and not it.on


def test_a_fault_that_could_not_be_begun_is_told_and_mended_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    it = Scripted(broken=1)
    begun, mended = play(tmp_path, act(it, ends=30.0), lasts=3.0)
    assert mended.asked < 3.0, "half of it may be on"
    assert (begun.confirmed, begun.problem) == (None, "it stays as it was")
    assert mended.confirmed is not None and not it.on
    assert "NOT BEGUN: the fault 'it': it stays as it was" in capsys.readouterr().err


def test_a_mend_that_fails_is_shouted_and_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(drill, "_AGAIN", 0.05)
    it = Scripted(unmended=2)
    (_, first, second, third), notes = played(tmp_path, act(it), lasts=1.0)
    assert [line.confirmed is None for line in (first, second, third)] == [True, True, False]
    assert first.problem == "it stays broken" and not third.problem
    assert capsys.readouterr().err.count("NOT MENDED: the fault 'it': it stays broken") == 2
    assert notes == ("the fault 'it' was not mended: it stays broken; and then it was",)


def test_a_mend_that_never_works_is_given_up_when_the_drill_is_over(tmp_path: Path) -> None:
    it = Scripted(unmended=99)
    lines, notes = played(tmp_path, act(it))
    assert [line.confirmed for line in lines if line.what == "mend"] == [None, None], "once in its time, and once when it was over"
    assert notes == ("the fault 'it' was not mended: it stays broken",)


def test_an_injector_with_a_bug_of_ours_leaves_nothing_broken(tmp_path: Path) -> None:
    class Buggy(Scripted):
        async def inject(self, ttl: float) -> Interval:
            self.on = True
            raise ZeroDivisionError

    buggy, other = Buggy(), Scripted()
    with pytest.raises(ZeroDivisionError):
        play(tmp_path, act(buggy), act(other, name="other"))
    assert not buggy.on and not other.on and "mend" in other.asked


def test_what_cannot_be_reached_is_said_before_the_load(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"the fault 'it': nobody there; nothing was started"):
        play(tmp_path, act(Scripted(unreachable="nobody there")), act(Scripted(), name="other"))
    assert read_actions(tmp_path) == ((), ())


def test_what_nobody_would_mend_has_to_be_accepted() -> None:
    alone = Scripted()
    alone.mender = "nobody"
    with pytest.raises(InputError, match=r"nobody would mend the fault 'alone'.*--accept-unguarded"):
        check_menders({"alone": alone, "other": Scripted()}, accepted=False)
    check_menders({"alone": alone}, accepted=True)


def test_a_line_that_cannot_be_written_does_not_keep_a_fault_on(tmp_path: Path) -> None:
    it = Scripted()
    play_on: Callable[..., Any] = play
    assert play_on(tmp_path / "nowhere", act(it)) == ()
    assert not it.on and it.asked[-1] == "mend"
