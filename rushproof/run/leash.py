"""A child on a leash: runs a command in a session of its own and ends all of it when the leash, its standard input, is let go.

Started as a script with nothing but the standard library, so that it is there in milliseconds: `python -I -S leash.py GRACE COMMAND…`.
However the holder ends (also by `kill -9`), the pipe closes, and the command is asked to end, then made to.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys

LET_GO = 125
"""the exit code where the command had not ended by itself"""
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the command to its own end or the leash's; the exit code is the command's, or LET_GO."""
    grace, command = float(sys.argv[1]), sys.argv[2:]
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, lambda *_: None)
    try:
        # this process has one thread, so running Python between fork and exec is safe
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent, close_fds=False)  # noqa: PLW1509
    except OSError as problem:
        print(f"{command[0]}: {problem.strerror}", file=sys.stderr)
        return 127
    ended = os.pidfd_open(child.pid)
    readable: list[int] = []
    while not readable:
        readable, _, _ = select.select([sys.stdin.fileno(), ended], [], [])
        if sys.stdin.fileno() in readable and os.read(sys.stdin.fileno(), 1):
            readable = []
    let_go = child.poll() is None
    if let_go:
        _end(child, ended, grace)
    with contextlib.suppress(ProcessLookupError):
        _kill_rest()
    code = child.wait()
    if let_go:
        return LET_GO
    return code if code >= 0 else 128 - code


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end(child: "subprocess.Popen[bytes]", ended: int, grace: float) -> None:
    os.killpg(0, signal.SIGTERM)
    select.select([ended], [], [], grace)
    if child.poll() is None:
        child.kill()


def _kill_rest() -> None:
    """Whatever the command left behind in its group; this process has said what there was to say."""
    mine = os.getpid()
    for entry in os.listdir("/proc"):
        if entry.isdecimal() and int(entry) != mine:
            with contextlib.suppress(OSError):
                if os.getpgid(int(entry)) == mine:
                    os.kill(int(entry), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
