"""A process and all that it started, told apart from later ones that were given their numbers."""

import contextlib
import os
import signal
from typing import NamedTuple


class Proc(NamedTuple):
    """One process for as long as it lives: its number may be given again, but not with the same start."""

    pid: int
    start: int
    """in the kernel's ticks since it was booted"""

    @property
    def state(self) -> str:
        """A letter as `ps` shows it, `T` for stopped; empty where it is gone, or only waits to be taken note of."""
        state, _, start = _stat(self.pid)
        return state if start == self.start and state not in ("Z", "X") else ""

    def send(self, what: signal.Signals) -> None:
        """Signal it and nobody else; nothing happens where it is gone.  PermissionError where it is somebody else's."""
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(self.pid)
            try:
                if self.state:
                    signal.pidfd_send_signal(descriptor, what)
            finally:
                os.close(descriptor)


def proc(pid: int) -> Proc | None:
    """The process that has this number now."""
    state, _, start = _stat(pid)
    return Proc(pid, start) if state not in ("", "Z", "X") else None


def family(root: Proc) -> tuple[Proc, ...]:
    """It and everything below it that is there, itself first; nothing where it is gone."""
    if not root.state:
        return ()
    below: dict[int, list[Proc]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            state, parent, start = _stat(int(entry))
            if state not in ("", "Z", "X"):
                below.setdefault(parent, []).append(Proc(int(entry), start))
    found = [root]
    for one in found:
        found.extend(below.get(one.pid, ()))
    return tuple(found)


def at_rest(one: Proc) -> bool:
    """Whether it is stopped or gone; or waits in the kernel for a child of its own, which is stopped before it became another program."""
    return one.state in ("T", "") or (one.state == "D" and any(child.state == "T" for child in family(one)[1:]))


def above(pid: int) -> frozenset[int]:
    """The number itself and those of everybody above it."""
    found = set()
    while pid > 0 and pid not in found:
        found.add(pid)
        _, pid, _ = _stat(pid)
    return frozenset(found)


def _stat(pid: int) -> tuple[str, int, int]:
    """State, parent and start; an empty state where there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b")")[2].split()  # its name stands before, and may hold anything
    except OSError:
        return "", 0, 0
    return words[0].decode(), int(words[1]), int(words[19])
