"""A process that is started on a core and is gone when its block ends, however it ends."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

GRACE = 3.0
"""seconds between asking a process to end and ending it"""


class Failed(Exception):
    """A process did not do what the figure needs; the message holds the end of what it said."""


@contextlib.contextmanager
def child(
    command: Sequence[str], core: int | Sequence[int], log: Path, *, pass_fds: tuple[int, ...] = (), env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs `command` on one core, or several, in a session of its own, its output in `log`; ends it and all it started, by their ids."""
    with log.open("wb") as output:
        process = _start(command, core, stdout=output, stderr=output, pass_fds=pass_fds, env=env)
    try:
        yield process
    finally:
        end(process)


def finish(command: Sequence[str], core: int, limit: float, env: Mapping[str, str] | None = None) -> str:
    """What `command` writes to its standard output when it runs to its end on one core within `limit` seconds."""
    process = _start(command, core, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    try:
        output, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]} was not done after {limit:.0f} s") from None
    finally:
        end(process)
    if process.returncode:
        raise Failed(f"{command[0]} ended with {process.returncode}: {(errors or output).decode(errors='replace').strip()[-400:]}")
    return output.decode(errors="replace")


def _start(
    command: Sequence[str],
    core: int | Sequence[int],
    *,
    stdout: object,
    stderr: object,
    env: Mapping[str, str] | None,
    pass_fds: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    # A process inherits its starter's core, so that even Go's runtime, which counts cores before main, sees just one.
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} if isinstance(core, int) else core)
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,  # type: ignore[arg-type]
            stderr=stderr,  # type: ignore[arg-type]
            pass_fds=pass_fds,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
    finally:
        os.sched_setaffinity(0, before)


def end(process: subprocess.Popen[bytes]) -> None:
    """Asks the process's session to end, waits, and ends what is left of it; nothing if it is gone."""
    for word in (signal.SIGCONT, signal.SIGTERM):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, word)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def said(log: Path, word: str, within: float = 10.0) -> str:
    """The first line of `log` that holds `word`, as soon as it is there."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        line = next((line for line in log.read_text(errors="replace").splitlines(keepends=True) if word in line), "")
        if line.endswith("\n"):
            return line.strip()
        time.sleep(0.02)
    raise Failed(f"no {word!r} in {within:.0f} s; it said: {log.read_text(errors='replace').strip()[-400:]}")
