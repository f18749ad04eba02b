"""A command on its leash ends with all it started, however the holder ends."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from rushproof.run import leash
from rushproof.run.child import start_child

FAMILY = "import os, subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
TELL = "print(os.getpid(), child.pid, flush=True); time.sleep(60)"


def held(script: str, grace: float = 2.0) -> "subprocess.Popen[str]":
    command = [sys.executable, "-I", "-S", leash.__file__, str(grace), sys.executable, "-c", script]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)


def all_gone(pids: list[int], within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while any(_lives(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def family(process: "subprocess.Popen[str]") -> list[int]:
    assert process.stdout is not None
    return [int(word) for word in process.stdout.readline().split()]


def end(process: "subprocess.Popen[str]") -> int:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    code = process.wait(timeout=10)
    process.stdout.close()
    return code


def test_let_go_it_ends_the_command_and_its_children() -> None:
    process = held(FAMILY + TELL)
    pids = family(process)
    assert end(process) == leash.LET_GO
    assert all_gone(pids)


def test_a_command_that_does_not_listen_is_made_to_end() -> None:
    process = held(FAMILY + STUBBORN + TELL, grace=0.3)
    pids = family(process)
    assert end(process) == leash.LET_GO
    assert all_gone(pids)


def test_a_command_that_ends_by_itself_takes_its_children_along_and_gives_its_code() -> None:
    process = held(FAMILY + "print(os.getpid(), child.pid, flush=True); os._exit(7)")
    pids = family(process)
    assert process.wait(timeout=10) == 7
    assert all_gone(pids)
    end(process)


def test_a_killed_leash_takes_the_command_along() -> None:
    process = held("import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    pids = family(process)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    assert all_gone(pids)
    end(process)


def test_a_killed_holder_takes_everything_along() -> None:
    holder = f"""
import os, subprocess, sys, time
inner = subprocess.Popen([sys.executable, '-I', '-S', {leash.__file__!r}, '2', sys.executable, '-c', {FAMILY + TELL!r}],
                         stdin=subprocess.PIPE, start_new_session=True)
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pids = family(process)
    process.kill()
    end(process)
    assert all_gone(pids)


def test_a_command_that_is_not_there_ends_with_127_and_says_so(tmp_path: Path) -> None:
    async def started() -> tuple[int | None, str]:
        child = await start_child(["/no/such/thing"], tmp_path / "log", 1.0)
        await child.stop()
        return child.code, child.last_words

    code, words = asyncio.run(started())
    assert code == 127
    assert "No such file" in words
    assert os.path.exists(tmp_path / "log")
