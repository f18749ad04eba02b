"""The guard: ends the databases that were started for a server, should the server be killed (`python -m fake_backend.guard`).

It waits for the end of its input, which comes when its starter has ended, however that was; then it asks those processes to end that are
still the ones it was told of.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GONE = "?"


def began(pid: int) -> str:
    """When the process of this number began, in the system's ticks: another one with the same number began at another time.

    GONE where there is none.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return GONE
    return GONE if fields[0] == "Z" else fields[19]


@contextmanager
def guarded(pid: int, ask: signal.Signals) -> Iterator[None]:
    """While the block lasts, a guard stands by that sends `ask` to the process when this one dies; it goes with the block."""
    command = [sys.executable, "-m", "fake_backend.guard", str(pid), began(pid), str(int(ask))]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        guard.communicate()


def main() -> None:
    """Wait, and end what is left."""
    pid, begun, ask = sys.argv[1:]
    sys.stdin.buffer.read()
    if began(int(pid)) == begun:
        os.kill(int(pid), int(ask))


if __name__ == "__main__":
    main()
