"""A run with a scenario, through Locust in one process: plan down, ready up, start down, frames up, and an end of its own."""

import os
import signal
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


def test_a_plan_is_carried_out_whatever_ctrl_c_says_and_the_process_ends(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.begin(plan(site.url, crowd(passer, rate=50, seconds=2)))
    first = one.next()
    os.killpg(one.driver.pid, signal.SIGINT)  # the run decides what an interrupt means
    frames = [Frame.decode(first[1]), *one.frames()]

    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert [frame.final for frame in frames] == [False] * (len(frames) - 1) + [True]
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


def test_the_death_of_the_engine_is_told(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.begin(plan(site.url, crowd(passer, seconds=60), seconds=60))
    one.next()
    os.kill(one.driver.children()[0], signal.SIGKILL)
    lost = [payload for message, payload in one.rest() if message is Message.LOST]

    assert lost == [b"0: its engine ended with code -9 before the run did"]
    assert one.driver.wait() == 0


def test_a_persona_that_does_not_load_is_told_before_the_start(run: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one = run("-f", str(passer))
    one.send(Message.PLAN, plan(site.url, crowd(passer.with_name("nobody.py"))).encode())
    message, payload = one.next()

    assert message is Message.LOST
    assert payload.startswith(b"0: ")
    assert b"no such file" in payload
    assert one.driver.wait() == 0


def test_ordinary_users_are_measured_beside_a_crowd_as_a_closed_loop(
    run: Any, site: Any, passer: Path, browser: Path, plan: Any, crowd: Any
) -> None:
    one = run("-f", f"{passer},{browser}")
    users = CrowdPlan(name="browsers", persona=str(browser), people=0, arrivals=None, users=4)
    one.begin(plan(site.url, users, crowd(passer, rate=40, seconds=2), seconds=2))
    frames = one.frames()
    crowds, closed = [[frame for frame in frames if frame.due is due] for due in (True, False)]
    looked, broke = served(closed, "look"), served(closed, "break")

    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert [frame.seq for frame in frames if frame.final] == [len(frames) - 1]
    assert (frames[-1].visits[0].offered, frames[-1].visits[1].finished) == (0, 80)
    assert served(crowds, "look") == {Outcome.OK: 80}
    assert set(closed[-1].steps) == {("browsers", "look"), ("browsers", "break")}
    assert set(looked) == {Outcome.OK}
    assert 25 <= looked[Outcome.OK] <= 44  # 4 users, 5 a second, 2 seconds, and a beginning and an end
    assert set(broke) == {Outcome.DOUBT}  # a 500 after a POST: it may have happened
    assert all(health.memory > 0 for frame in closed for health in frame.health)
    assert one.driver.wait() == 0


def test_a_plan_of_ordinary_users_alone_needs_no_engine(run: Any, site: Any, browser: Path, plan: Any) -> None:
    one = run("-f", str(browser))
    one.begin(plan(site.url, CrowdPlan(name="browsers", persona=str(browser), people=0, arrivals=None, users=1), seconds=60))
    one.next()
    engines = one.driver.children()
    one.send(Message.STOP, number(1.0))

    assert engines == []
    assert one.frames()[-1].final
    assert one.driver.wait() == 0
