"""The engine as a process of its own, on the other end of a socket."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from riding import ONE_POST, ok, plan

from rushproof.frame import Frame
from rushproof.wire import Message, Unpacker, number, pack


@contextmanager
def engine():
    """A spawned engine and our end of its socket; it is ended by its id whatever happens."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "rushproof.engine", "--socket", str(theirs.fileno())]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    theirs.close()
    ours.settimeout(20)
    try:
        yield process, ours
    finally:
        ours.close()
        process.kill()
        process.wait(10)


def messages(ours):
    """What the engine says, until it hangs up."""
    unpacker = Unpacker()
    while data := ours.recv(1 << 16):
        yield from unpacker.feed(data)


@pytest.fixture
def target():
    """A target on a thread: 201 to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=[connection], daemon=True).start()

        def answer(connection):
            with connection:
                while connection.recv(65536):
                    connection.sendall(ok())

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def test_a_plan_is_run_to_its_final_frame_and_ctrl_c_is_left_to_the_run(target, persona):
    with engine() as (process, ours):
        ours.sendall(pack(Message.PLAN, plan(target, persona(ONE_POST), rate=100, seconds=1.5).encode()))
        said = messages(ours)
        assert next(said)[0] is Message.READY
        ours.sendall(pack(Message.START, number(time.time() + 0.1)))
        process.send_signal(signal.SIGINT)
        frames = [Frame.decode(payload) for message, payload in said if message is Message.FRAME]
        assert process.wait(10) == 0
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert [frame.final for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert frames[-1].visits[0].finished == 150
    assert frames[-1].until == pytest.approx(1.5)
    assert all(health.memory > 0 and 0 <= health.busy <= 1 for frame in frames for health in frame.health)


def test_a_plan_that_cannot_be_is_answered_with_why(persona, tmp_path):
    for path, url, words in (
        (str(tmp_path / "nobody.py"), "http://127.0.0.1:1", "no such file"),
        (persona(ONE_POST), "http://192.0.2.1", "loopback"),
    ):
        with engine() as (process, ours):
            ours.sendall(pack(Message.PLAN, plan(url, path).encode()))
            message, payload = next(messages(ours))
            assert (message, process.wait(10)) == (Message.LOST, 2)
            assert words in payload.decode()


def test_the_engine_ends_with_its_parent(target, persona):
    with engine() as (process, ours):
        ours.sendall(pack(Message.PLAN, plan(target, persona(ONE_POST), rate=100, seconds=60).encode()))
        assert next(messages(ours))[0] is Message.READY
        ours.sendall(pack(Message.START, number(time.time())))
        ours.close()
        assert process.wait(10) == 0


def test_stop_before_the_start_is_heeded(target, persona):
    with engine() as (process, ours):
        ours.sendall(pack(Message.PLAN, plan(target, persona(ONE_POST)).encode()) + pack(Message.STOP, number(1.0)))
        assert process.wait(10) == 0


def test_a_stop_in_the_same_breath_as_the_start_is_heeded(target, persona):
    with engine() as (process, ours):
        ours.sendall(pack(Message.PLAN, plan(target, persona(ONE_POST), rate=100, seconds=60).encode()))
        said = messages(ours)
        next(said)
        ours.sendall(pack(Message.START, number(time.time())) + pack(Message.STOP, number(1.0)))
        assert [message for message, payload in said if Frame.decode(payload).final] == [Message.FRAME]
        assert process.wait(10) == 0


def test_a_stopped_generator_shows_in_its_own_health(target, persona):
    with engine() as (process, ours):
        ours.sendall(pack(Message.PLAN, plan(target, persona(ONE_POST), rate=200, seconds=2).encode()))
        said = messages(ours)
        next(said)
        ours.sendall(pack(Message.START, number(time.time())))
        time.sleep(0.7)
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGCONT)
        healths = [health for message, payload in said if message is Message.FRAME for health in Frame.decode(payload).health]
    assert max(health.turn for health in healths) > 0.4
    assert max(health.lag_p99 for health in healths) > 0.3
