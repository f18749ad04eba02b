"""A run with a scenario over Locust's master and workers: plans dealt, frames passed on, the lost told."""

import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from rushproof.wire import Message, number

DEADLINE = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def ended(pid: int) -> bool:
    """Whether that process ends within the deadline."""
    until = time.monotonic() + DEADLINE
    while Path(f"/proc/{pid}/exe").exists():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def team(run: Any, start: Any, file: Path) -> tuple[Any, list[Any]]:
    """A master, a worker as the run starts it, and one as somebody starts it by hand."""
    port = str(free_port())
    master = run("-f", str(file), "--master", "--expect-workers", "2", "--master-bind-host", "127.0.0.1", "--master-bind-port", port)
    options = ["-f", str(file), "--worker", "--master-host", "127.0.0.1", "--master-port", port]
    workers = [start([sys.executable, "-m", command, *options]) for command in ("rushproof.driver", "locust")]
    return master, workers


def test_a_master_whose_workers_never_came_ends_with_its_run(run: Any, passer: Path) -> None:
    one = run(
        "-f", str(passer), "--master", "--expect-workers", "2", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(free_port())
    )
    one.close()

    assert one.driver.wait(DEADLINE) == 0


def test_two_workers_share_the_arrivals_and_all_end_with_zero(run: Any, start: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one, workers = team(run, start, passer)
    one.begin(plan(site.url, crowd(passer, rate=200, seconds=1), seconds=1))
    frames = one.frames()
    lasts = {frame.worker: frame for frame in frames if frame.final}

    assert sorted(lasts) == [0, 1]
    assert [lasts[worker].visits[0].finished for worker in (0, 1)] == [100, 100]
    assert site.asked == 200
    for worker in (0, 1):
        assert [frame.seq for frame in frames if frame.worker == worker] == list(range(lasts[worker].seq + 1))
    assert [process.wait() for process in (one.driver, *workers)] == [0, 0, 0]


def test_a_killed_worker_is_lost_and_the_other_goes_on(run: Any, start: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one, workers = team(run, start, passer)
    one.begin(plan(site.url, crowd(passer, rate=20, seconds=60), seconds=60))
    one.next()
    engine = workers[0].children()[0]
    os.kill(workers[0].pid, signal.SIGKILL)
    # Locust misses the heartbeats after about four seconds
    lost = next(payload for message, payload in iter(one.next, None) if message is Message.LOST)
    one.send(Message.STOP, number(1.0))
    last = one.frames()[-1]

    assert lost.endswith(b": nothing heard from it")
    assert last.final
    assert last.worker == 1 - int(lost[:1])
    assert last.visits[0].offered == last.visits[0].finished > 30
    assert ended(engine)
    assert one.driver.wait() == 0


def test_when_the_run_is_gone_master_and_workers_end(run: Any, start: Any, site: Any, passer: Path, plan: Any, crowd: Any) -> None:
    one, workers = team(run, start, passer)
    one.begin(plan(site.url, crowd(passer, seconds=60), seconds=60))
    one.next()
    engines = [worker.children()[0] for worker in workers]
    one.close()

    assert [process.wait(DEADLINE) for process in (one.driver, *workers)] == [0, 0, 0]
    assert all(ended(engine) for engine in engines)
