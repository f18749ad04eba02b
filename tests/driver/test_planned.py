"""A run with a scenario, through Locust in one process: plan down, ready up, start down, frames up, and an end of its own."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from rushproof.frame import Frame
from rushproof.plan import CrowdPlan
from rushproof.sample import Distribution, Outcome
from rushproof.wire import Message, number

DEADLINE = 10.0


def served(frames: list[Frame], step: str) -> dict[Outcome, int]:
    """Samples of a step by outcome, as the frames count them when done."""
    counts: dict[Outcome, int] = {}
    for frame in frames:
        rows = frame.cell_rows
        for row in rows[rows["distribution"] == Distribution.SERVED]:
            if frame.steps[row["step"]][1] == step:
                outcome = Outcome(int(row["outcome"]))
                counts[outcome] = counts.get(outcome, 0) + int(row["count"])
    return counts


def gone(pids: list[int]) -> bool:
    """Whether those processes end within the deadline."""
    until = time.monotonic() + DEADLINE
    while any(Path(f"/proc/{pid}/exe").exists() for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_a_plan_is_carried_out_and_the_process_ends_with_zero(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.begin(plan(site.url, crowd(passer, rate=100, seconds=1), seconds=1))
    frames = one.frames()

    assert list(range(len(frames))) == [frame.seq for frame in frames]
    assert [False] * (len(frames) - 1) + [True] == [frame.final for frame in frames]
    assert (frames[-1].visits[0].offered, frames[-1].visits[0].finished) == (100, 100)
    assert served(frames, "look") == {Outcome.OK: 100}
    assert site.asked == 100
    assert one.driver.wait() == 0


def test_a_stop_ends_arrivals_and_the_rest_is_still_reported(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.begin(plan(site.url, crowd(passer, rate=50, seconds=60), seconds=60))
    message, payload = one.next()
    one.send(Message.STOP, number(1.0))
    frames = [Frame.decode(payload), *one.frames()]

    assert message is Message.FRAME
    assert frames[-1].final
    assert frames[-1].visits[0].offered == frames[-1].visits[0].finished < 200
    assert one.driver.wait() == 0


def test_a_stop_before_the_start_ends_the_process(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.send(Message.PLAN, plan(site.url, crowd(passer)).encode())
    assert one.next() == (Message.READY, b"")
    one.send(Message.STOP, number(0.0))

    assert one.rest() == [(Message.LOST, b"0: stopped before it began")]
    assert one.driver.wait() == 0


def test_when_the_run_is_gone_everything_ends_at_once(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.begin(plan(site.url, crowd(passer, seconds=60), seconds=60))
    one.next()
    engines = one.driver.children()
    one.close()

    assert len(engines) == 1
    assert one.driver.wait(DEADLINE) == 0
    assert gone(engines)


def test_an_interrupt_is_left_to_the_run(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.begin(plan(site.url, crowd(passer, rate=100, seconds=1), seconds=1))
    one.next()
    os.killpg(one.driver.pid, signal.SIGINT)
    frames = one.frames()

    assert frames[-1].visits[0].finished == 100
    assert one.driver.wait() == 0


def test_the_death_of_the_engine_is_told(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.begin(plan(site.url, crowd(passer, seconds=60), seconds=60))
    one.next()
    os.kill(one.driver.children()[0], signal.SIGKILL)
    lost = [payload for message, payload in one.rest() if message is Message.LOST]

    assert lost == [b"0: its engine ended with code -9 before the run did"]
    assert one.driver.wait() == 0


def test_an_engine_does_not_outlive_a_killed_locust(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.begin(plan(site.url, crowd(passer, seconds=60), seconds=60))
    one.next()
    engines = one.driver.children()
    os.kill(one.driver.pid, signal.SIGKILL)

    assert len(engines) == 1
    assert gone(engines)


def test_a_persona_that_does_not_load_is_told_before_the_start(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.send(Message.PLAN, plan(site.url, crowd(passer.with_name("nobody.py"))).encode())
    message, payload = one.next()

    assert message is Message.LOST
    assert payload.startswith(b"0: ")
    assert b"no such file" in payload
    assert one.driver.wait() == 0


def test_ordinary_users_are_measured_as_a_closed_loop(run: Any, site: Any, browser: Path, plan: Any) -> None:
    one = run("-f", str(browser))
    one.begin(plan(site.url, CrowdPlan(name="browsers", persona=str(browser), people=0, arrivals=None, users=4), seconds=3))
    frames = one.frames()
    looked, broke = served(frames, "look"), served(frames, "break")

    assert frames[-1].final
    assert not any(frame.due for frame in frames)
    assert {("browsers", "look"), ("browsers", "break")} == set(frames[-1].steps)
    assert {Outcome.OK} == set(looked)
    assert 40 <= looked[Outcome.OK] <= 64  # 4 users, 5 a second, 3 seconds, and a beginning and an end
    assert {Outcome.DOUBT} == set(broke)  # a 500 after a POST: it may have happened
    assert sum(looked.values()) + sum(broke.values()) <= site.asked
    assert all(health.memory > 0 for frame in frames for health in frame.health)
    assert one.driver.wait() == 0


def test_open_and_closed_crowds_share_one_row_of_frames(run: Any, site: Any, passer: Path, browser: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", f"{passer},{browser}")
    users = CrowdPlan(name="browsers", persona=str(browser), people=0, arrivals=None, users=2)
    one.begin(plan(site.url, users, crowd(passer, rate=40, seconds=2), seconds=2))
    frames = one.frames()

    assert list(range(len(frames))) == [frame.seq for frame in frames]
    assert [frame.seq for frame in frames if frame.final] == [len(frames) - 1]
    assert {True, False} == {frame.due for frame in frames}
    assert (frames[-1].visits[0].offered, frames[-1].visits[1].finished) == (0, 80)
    assert served([frame for frame in frames if frame.due], "look") == {Outcome.OK: 80}
    assert served([frame for frame in frames if not frame.due], "look")[Outcome.OK] > 5
