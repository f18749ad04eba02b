"""Processes stopped and killed: the whole family, no stranger, and all of it undone whoever is left to do it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rushproof.errors import FaultError, TargetError
from rushproof.inject import guard
from rushproof.inject.tree import Proc, at_rest, family, proc
from tests.inject.guarded import read_guarded

FAMILY = "import os, time; [os.fork() for _ in range(2)]; print(os.getpid(), flush=True); time.sleep(600)"
SERVES = """
import http.server, os, pathlib, sys
folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
class Well(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", port), Well)
(folder / "port").write_text(str(server.server_port))
(folder / "pid").write_text(str(os.getpid()))
server.serve_forever()
"""


class Started:
    """A process of the tests' own, with everything below it."""

    def __init__(self, *words: object) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", *map(str, words)], stdout=subprocess.PIPE, start_new_session=True)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def family(self) -> tuple[Proc, ...]:
        root = proc(self.pid)
        return family(root) if root else ()

    def end(self) -> None:
        for one in self.family:
            one.send(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def start():
    begun = []

    def started(*words):
        begun.append(Started(*words))
        return begun[-1]

    yield started
    for one in begun:
        one.end()


@pytest.fixture
def household(start):
    """Four of a family, all running."""
    found = start(FAMILY)
    for _ in range(4):
        found.process.stdout.readline()
    assert len(found.family) == 4
    return found


def states(processes):
    return {one.state for one in processes}


def test_a_process_is_stopped_with_all_that_it_started_and_continued(play, household):
    async def does(made, board):
        process = made("process", do="stop")
        assert process.mender == "guard"
        await process.ready()
        before = time.time()
        stopped = await process.inject(30.0)
        assert states(household.family) == {"T"}
        await process.inject(30.0)
        going = await process.mend()
        assert states(household.family) <= {"S", "R"}
        assert before <= stopped.asked <= stopped.confirmed <= going.asked <= going.confirmed <= time.time()
        await process.mend()

    play(does, pid=lambda: household.pid)


def test_whoever_was_stopped_before_stays_so(play, household):
    async def does(made, board):
        *_, last = household.family
        last.send(signal.SIGSTOP)
        while last.state != "T":
            await asyncio.sleep(0.01)
        process = made("process", do="stop")
        await process.inject(30.0)
        await process.mend()
        assert last.state == "T" and states(household.family[:-1]) <= {"S", "R"}

    play(does, pid=lambda: household.pid)


def test_nobody_escapes_by_being_started_meanwhile(play, start):
    busy = start("import subprocess, sys\nwhile True: subprocess.run([sys.executable, '-S', '-c', 'pass'])")

    async def does(made, board):
        for _ in range(5):
            process = made("process", do="stop")
            await process.inject(30.0)
            assert all(map(at_rest, busy.family))
            await process.mend()

    play(does, pid=lambda: busy.pid)


@pytest.mark.parametrize(
    ("do", "about", "problem"),
    [
        ("stop", {"pid": lambda: None}, "this run did not start it: say `pid_file`"),
        ("stop", {"pid": lambda: 1}, "there is no process 1"),
        ("stop", {"pid": lambda: 2**22 + 1}, "there is no process 4194305"),
        ("stop", {"pid": os.getpid}, "is this run itself, or runs it"),
        ("stop", {"pid": os.getppid}, "is this run itself, or runs it"),
    ],
)
def test_a_process_that_cannot_be_struck_is_told_before_the_load(play, do, about, problem):
    async def does(made, board):
        with pytest.raises(FaultError, match=problem):
            await made("process", do=do).ready()

    play(does, **about)


def test_a_pid_file_is_read_when_the_fault_begins(play, household, tmp_path):
    async def does(made, board):
        process = made("process", do="stop", pid_file="the.pid")
        with pytest.raises(FaultError, match=r"the\.pid, which should hold the process's number, cannot be read: No such file"):
            await process.ready()
        (tmp_path / "the.pid").write_text("soon\n")
        with pytest.raises(FaultError, match=r"the\.pid: expected the number of a process, found 'soon'"):
            await process.ready()
        (tmp_path / "the.pid").write_text("4194305\n")
        with pytest.raises(FaultError, match=r"there is no process 4194305, which the\.pid names: start it, or mend the file"):
            await process.ready()
        (tmp_path / "the.pid").write_text(f"{household.pid}\n")
        await process.ready()
        await process.inject(30.0)
        assert states(household.family) == {"T"}
        await process.mend()
        with pytest.raises(FaultError, match="say `start`"):
            await made("process", do="kill", pid_file="the.pid").ready()

    play(does)


def test_one_that_ends_while_it_is_stopped_is_no_mended_one(play, household):
    async def does(made, board):
        process = made("process", do="stop")
        await process.inject(30.0)
        household.family[0].send(signal.SIGKILL)
        household.process.wait()
        with pytest.raises(FaultError, match="ended while it was stopped"):
            await process.mend()

    rest = household.family
    play(does, pid=lambda: household.pid)
    for one in rest:
        one.send(signal.SIGKILL)


def test_our_own_is_killed_and_started_again_by_the_run(play, start):
    running = [start(FAMILY)]
    for _ in range(4):
        running[0].process.stdout.readline()
    tries = []

    async def restart() -> None:
        tries.append(time.time())
        if len(tries) == 1:
            raise TargetError("the port is taken")
        running.append(start(FAMILY))

    async def does(made, board):
        process = made("process", do="kill")
        assert process.mender == "leash"
        before = running[0].family
        await process.inject(30.0)
        assert states(before) == {""}
        await process.mend()
        assert len(running) == 2 and running[1].family
        await process.mend()
        assert len(tries) == 2

    play(does, pid=lambda: running[-1].pid, restart=restart)


def serving(start, folder, until):
    """One that serves with its pid in a file, and the command that starts it again."""
    (folder / "serves.py").write_text(SERVES)
    server = start(SERVES, folder, 0)
    port = until(lambda: (folder / "pid").exists() and (folder / "port").read_text(), "the server")
    return server, f"http://127.0.0.1:{port}", f"python serves.py {folder} {port}"


@pytest.fixture
def no_server_left(tmp_path):
    yield
    for file in tmp_path.glob("pid"):
        if one := proc(int(file.read_text())):
            one.send(signal.SIGKILL)


@pytest.mark.usefixtures("no_server_left")
def test_somebody_elses_is_started_by_its_command_and_outlives_us(play, start, tmp_path, until):
    server, url, again = serving(start, tmp_path, until)

    async def does(made, board):
        process = made("process", do="kill", pid_file="pid", start=again)
        assert process.mender == "guard"
        await process.ready()
        await process.inject(30.0)
        assert server.family == ()
        await process.mend()

    play(does, patience=60.0, url=url, ready="/")
    now = proc(int((tmp_path / "pid").read_text()))
    assert now.pid != server.pid and now.state in ("S", "R")
    assert read_guarded(tmp_path) == ()


def test_one_that_does_not_come_again_is_a_fault_error(play, start, tmp_path, until, capfd):
    server, url, _ = serving(start, tmp_path, until)

    async def does(made, board):
        process = made("process", do="kill", pid_file="pid", start="python -c 'raise SystemExit(3)'")
        await process.inject(600.0)
        with pytest.raises(FaultError, match=r"the command that starts it ended with 3; started_again\.log in the run folder says more"):
            await process.mend()

    play(does, patience=0.5, url=url, ready="/")
    assert server.family == ()
    assert "starting it again did not work" in capfd.readouterr().err


def test_what_was_stopped_goes_on_when_the_harness_is_killed(harness, household, tmp_path, until):
    (tmp_path / "pid").write_text(str(household.pid))
    run = harness("process", do="stop", pid_file="pid")
    assert run.said == b"broken" and states(household.family) == {"T"}
    run.send(signal.SIGKILL)
    until(lambda: states(household.family) <= {"S", "R"}, "all going on")
    (mended,) = until(lambda: read_guarded(tmp_path), "the guard's line")
    assert (mended.why, mended.problem) == ("the harness was gone", "")


@pytest.mark.parametrize("do", ["stop", "kill"])
def test_nothing_of_our_own_is_left_when_the_harness_is_killed(harness, tmp_path, until, do):
    run = harness("process", do=do, own=["-c", FAMILY])
    assert run.said == b"broken"
    pid = int((tmp_path / "own.pid").read_text())
    assert (proc(pid) is None) if do == "kill" else (states(family(proc(pid))) == {"T"})
    struck = family(proc(pid)) if do == "stop" else ()
    run.send(signal.SIGKILL)
    until(lambda: states(struck) <= {""}, "all of it gone")


@pytest.mark.usefixtures("no_server_left")
def test_what_was_killed_is_started_again_when_the_harness_is_killed(harness, start, tmp_path, until):
    server, url, again = serving(start, tmp_path, until)
    run = harness("process", url, do="kill", pid_file="pid", start=again, ready="/")
    assert run.said == b"broken" and server.family == ()
    run.send(signal.SIGKILL)
    now = until(lambda: (found := proc(int((tmp_path / "pid").read_text() or 0))) and found.pid != server.pid and found, "a new one")
    assert now.state in ("S", "R")


@pytest.mark.usefixtures("no_server_left")
def test_one_that_the_guard_began_again_is_not_begun_twice(play, start, tmp_path, until):
    server, url, again = serving(start, tmp_path, until)
    (tmp_path / "starts.py").write_text("import sys; open('starts', 'a').write('x')\n" + SERVES)

    async def does(made, board):
        process = made("process", do="kill", pid_file="pid", start=again.replace("serves.py", "starts.py"))
        await process.inject(4.0)
        while (tmp_path / "pid").read_text() == str(server.pid):
            await asyncio.sleep(0.02)
        await process.mend()
        assert (tmp_path / "starts").read_text() == "x"

    play(does, patience=60.0, url=url, ready="/")


def test_a_number_that_was_given_again_is_not_signalled(household):
    one = household.family[0]
    later = Proc(one.pid, one.start + 1)
    assert later.state == ""
    later.send(signal.SIGKILL)
    guard.end((later.pid, later.start))
    one.send(signal.SIGSTOP)
    guard.go_on([(later.pid, later.start)])
    time.sleep(0.05)
    assert one.state == "T"
    guard.go_on([tuple(one)])
    ends = time.monotonic() + 60
    while one.state == "T":
        assert time.monotonic() < ends


def test_a_process_is_known_whatever_its_name_is(tmp_path: Path):
    program = tmp_path / "a) S 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "600"]) as named:
        found = proc(named.pid)
        assert found in family(proc(os.getpid()))
        assert found.state in ("S", "R", "D")
        named.kill()
        named.wait()
        assert found.state == ""
