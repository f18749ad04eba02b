"""The command lines of the load's processes."""

from pathlib import Path

from rushproof.run.load import Workforce

DRIVER = ("python", "driver")


def workforce(**given: int) -> Workforce:
    return Workforce(driver=DRIVER, locustfiles=(Path("/a.py"), Path("/b.py")), **given)


def test_one_worker_is_one_process_without_a_master() -> None:
    commands = workforce().commands("http://127.0.0.1:1", 7)
    assert [" ".join(command) for command in commands] == ["python driver -f /a.py,/b.py --headless --host http://127.0.0.1:1 --socket 7"]


def test_several_workers_here_meet_a_master_on_loopback() -> None:
    master, *workers = workforce(here=3).commands("http://127.0.0.1:1", 7)
    assert "--expect-workers 3" in " ".join(master)
    assert master[master.index("--master-bind-host") + 1] == "127.0.0.1"
    port = master[master.index("--master-bind-port") + 1]
    assert len(workers) == 3
    assert all(worker[worker.index("--master-port") + 1] == port and "--socket" not in worker for worker in workers)


def test_workers_by_hand_find_the_master_on_locusts_own_port() -> None:
    master, *workers = workforce(here=1, by_hand=2).commands("http://127.0.0.1:1", 7)
    assert master[master.index("--master-bind-port") + 1] == "5557"
    assert "--expect-workers 3" in " ".join(master)
    assert len(workers) == 1
