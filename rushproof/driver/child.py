"""The engine's process, as its Locust process sees it: spawned, told, listened to, and never outliving it."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence

import gevent

from rushproof.driver.stream import Stream
from rushproof.wire import Message

ENGINE = (sys.executable, "-m", "rushproof.engine")


class Child:
    """One engine.  `take` is called with each of its messages, then `ended` once, with its exit code.

    The engine holds the other end of a socket pair and stops when this end is gone, so that even a killed Locust leaves nothing behind.
    Spawned, not forked: a fork would carry gevent's patched modules and its loop into the engine.
    """

    def __init__(self, take: Callable[[Message, bytes], None], ended: Callable[[int], None], command: Sequence[str] = ENGINE) -> None:
        ours, theirs = socket.socketpair()
        self._take, self._ended = take, ended
        self._stream = Stream(ours)
        with theirs:
            self._process = subprocess.Popen(
                [*command, "--socket", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                # a locustfile that imports Locust is loaded there too, and must not patch the engine's sockets
                env={**os.environ, "LOCUST_SKIP_MONKEY_PATCH": "1"},
            )
        self._reader = gevent.spawn(self._read)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: Message, payload: bytes = b"") -> None:
        self._stream.send(message, payload)

    def close(self, patience: float = 3.0) -> None:
        """Ends the engine without its last report: it reads the end of its stream, and is killed if that is not enough."""
        self._stream.close()
        try:
            self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        self._stream.read(self._take)
        self._ended(self._process.wait())
