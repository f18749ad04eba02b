"""The guard: mends what the harness broke and can mend no more, because it is gone or its time is over.

Started as a script with nothing but the standard library, so that it is there in milliseconds: `python -I -S guard.py FOLDER`, in a session
of its own.  Its standard input takes one JSON object a line: `{"hold": id, "told": …, "until": unix, "mend": [step, …]}` (null: for ever),
`{"release": id}`, and `{"leave": id, "until": unix}` while the harness mends itself; each is answered by a line on its output, the first of
which says that it is up.  When `until` passes, or the pipe closes however its holder ended, the steps are taken one after the other, each
again until it works, and what came of it is written to `guard.jsonl` in FOLDER.

A step is `{"request": "DELETE", "url": …}`, `{"command": [word, …]}`, `{"start": [word, …], …}`, `{"continue": [[pid, start], …]}` or
`{"end": [pid, start]}`: a verb with its object, and beside it what else the function behind that verb takes.
"""

import contextlib
import http.client
import json
import math
import os
import select
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

LOG = "guard.jsonl"
PATIENCE = 120.0
"""seconds that a mend is tried for"""
_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_LONGEST = 60.0  # seconds that a command, and a tenth of them that an answer, may take


class Hold:
    """One thing to mend, and how."""

    def __init__(self, hold: str, told: str, until: float | None, mend: list[dict[str, Any]], patience: float = PATIENCE) -> None:
        self.key, self.told, self.due, self.mend, self.patience = hold, told, due(until), mend, patience
        self.released = threading.Event()
        self.problem: str | None = None  # what came of it
        self.awaited = False

    def mended(self) -> tuple[int, str]:
        """After how many tries, and why it could not be; the last is empty where it was."""
        tries, ends = 0, time.monotonic() + self.patience
        while True:
            problem, pause = self._tried(), _PAUSES[min(tries, len(_PAUSES) - 1)]
            tries += 1
            if not problem or time.monotonic() + pause > ends or self.released.wait(pause):
                return tries, problem

    def _tried(self) -> str:
        while self.mend:
            step = dict(self.mend[0])
            verb = next(verb for verb in VERBS if verb in step)
            try:
                VERBS[verb](step.pop(verb), **step)
            except (OSError, http.client.HTTPException, ValueError) as problem:
                return f"{type(problem).__name__}: {problem}"
            del self.mend[0]
        return ""


class Guard:
    """Takes holds and releases from one end of a pipe, and mends when it has to."""

    def __init__(self, folder: str) -> None:
        self._log = os.path.join(folder, LOG)
        self._holds: dict[str, Hold] = {}
        self._mending: dict[str, Hold] = {}
        self._finishing = threading.Lock()

    def serve(self) -> None:
        """Until the pipe closes and everything is mended, or cannot be."""
        self._say({"up": os.getpid()})
        rest = b""
        while True:
            nearest = min((hold.due for hold in self._holds.values()), default=math.inf)
            if select.select([0], [], [], min(max(nearest - time.monotonic(), 0.0), _LONGEST))[0]:
                if not (read := os.read(0, 1 << 16)):
                    break
                *lines, rest = (rest + read).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))
            for hold in [hold for hold in self._holds.values() if hold.due <= time.monotonic()]:
                self._begin(hold, "its time was over")
        for hold in list(self._holds.values()):
            self._begin(hold, "the harness was gone")
        for thread in set(threading.enumerate()) - {threading.current_thread()}:
            thread.join()

    def _take(self, line: dict[str, Any]) -> None:
        if "hold" in line:
            self._holds[line["hold"]] = Hold(**line)
            self._say({"held": line["hold"]})
        elif "leave" in line:
            self._leave(line["leave"], line["until"])
        else:
            self._holds.pop(key := line["release"], None)
            if key in self._mending:
                self._mending.pop(key).released.set()
            self._say({"released": key})

    def _leave(self, key: str, until: float) -> None:
        """The harness mends now: what is not begun waits until then, what is begun is waited for."""
        with self._finishing:
            begun = self._mending.get(key)
            if key in self._holds:
                self._holds[key].due = due(until)
            elif begun is not None and begun.problem is None:
                begun.awaited = True
                return
            self._say({"left": key, "mended": key not in self._holds and begun is not None and not begun.problem})

    def _begin(self, hold: Hold, why: str) -> None:
        self._mending[hold.key] = self._holds.pop(hold.key)
        threading.Thread(target=self._mend, args=(hold, why)).start()

    def _mend(self, hold: Hold, why: str) -> None:
        begun, (tries, problem) = time.time(), hold.mended()
        came = {"hold": hold.key, "told": hold.told, "why": why, "asked": begun, "done": time.time(), "tries": tries, "problem": problem}
        with self._finishing:
            hold.problem = problem
            if problem and hold.released.is_set():
                return  # somebody else has mended it meanwhile
            with contextlib.suppress(OSError), open(self._log, "a", encoding="utf-8") as log:
                log.write(json.dumps(came) + "\n")
            if problem:
                with contextlib.suppress(OSError, ValueError):
                    print(f"NOT MENDED: {hold.told}: {problem} (tried {tries} times)", file=sys.stderr, flush=True)
            if hold.awaited:
                self._say({"left": hold.key, "mended": not problem})

    def _say(self, line: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # nobody may be there to hear it
            os.write(1, json.dumps(line).encode() + b"\n")


def due(until: float | None) -> float:
    """A unix time by the clock that nobody can set."""
    return math.inf if until is None else time.monotonic() + until - time.time()


def request(
    method: str,
    url: str,
    headers: dict[str, str] | None = None,
    body: str | None = None,
    tls: dict[str, Any] | None = None,
    gone: bool = False,
) -> None:
    """Ask for it over HTTP; an answer other than 2xx, 404 and 410 raises.  `gone`: it is enough that nobody listens there any more."""
    parts = urllib.parse.urlsplit(url)
    host, port, waits = parts.hostname or "", parts.port, _LONGEST / 10
    asked = http.client.HTTPConnection(host, port, timeout=waits)
    if parts.scheme == "https":
        asked = http.client.HTTPSConnection(host, port, timeout=waits, context=_trust(tls or {}))
    try:
        asked.request(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers or {})
        answer = asked.getresponse()
        if not 200 <= answer.status < 300 and answer.status not in (404, 410):
            raise ValueError(f"answered {answer.status}")
    except ConnectionRefusedError:
        if not gone:
            raise
    finally:
        asked.close()


def _trust(tls: dict[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if tls.get("ca"):
        context.load_verify_locations(tls["ca"])
    if not tls.get("verify", True):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if tls.get("certificate"):
        context.load_cert_chain(tls["certificate"], tls.get("key"))
    return context


def go_on(processes: list[tuple[int, int]]) -> None:
    """SIGCONT to each that is still the process it was: a number is given again, a number with the time of its start is not."""
    for pid, start in processes:
        with contextlib.suppress(ProcessLookupError), contextlib.ExitStack() as closing:
            one = os.pidfd_open(pid)
            closing.callback(os.close, one)
            if _start(pid) == start:
                signal.pidfd_send_signal(one, signal.SIGCONT)


def end(leader: tuple[int, int]) -> None:
    """End the process group that this process leads, if it is still there."""
    pid, start = leader
    if _start(pid) == start:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def begin(
    words: list[str], folder: str, log: str, environment: dict[str, str], unless: tuple[int, int], pid_file: str = ""
) -> "subprocess.Popen[bytes] | None":
    """Start what is to go on without us, unless the process that should have been killed is still there, or another in its place."""
    if _start(unless[0]) == unless[1]:
        return None
    with contextlib.suppress(OSError, ValueError), open(pid_file, encoding="utf-8") as file:
        pid = int(file.read())
        if pid != unless[0] and _start(pid):
            return None
    with open(log, "ab") as out:
        return subprocess.Popen(
            words, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )


def run(words: list[str], folder: str | None = None, environment: dict[str, str] | None = None) -> None:
    """Run a command to its end, which must be 0."""
    quiet, about = subprocess.DEVNULL, {**os.environ, **(environment or {})}
    with subprocess.Popen(words, cwd=folder, env=about, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True) as process:
        try:
            code = process.wait(_LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
    if code:
        raise ValueError(f"the command ended with {code}")  # and no word of it: there may be secrets in it


def _start(pid: int) -> int:
    """When a process was started, in the kernel's ticks; 0 where there is none, or only what is left of one."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        words = file.read().rpartition(b")")[2].split()
        return 0 if words[0] in (b"Z", b"X") else int(words[19])
    return 0


VERBS: dict[str, Callable[..., object]] = {"request": request, "command": run, "start": begin, "continue": go_on, "end": end}


def main() -> None:
    """Serve whoever holds the other end of the pipe."""
    for heard in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(heard, lambda *_: None)  # not SIG_IGN, which what is started here would inherit
    Guard(sys.argv[1]).serve()


if __name__ == "__main__":
    main()
