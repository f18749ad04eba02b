"""The guard: it outlives whoever started it, mends what it holds and nothing else, and says what it did."""

import asyncio
import http.server
import json
import signal
import ssl
import subprocess
import sys
import threading
import time

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from rushproof.errors import FaultError
from rushproof.inject import guard
from rushproof.inject.guarding import guarding
from tests.inject.guarded import read_guarded

FAR = time.time() + 3600


class Guarded:
    """A guard whose pipe the test holds."""

    def __init__(self, folder, errors=subprocess.DEVNULL):
        words = [sys.executable, "-I", "-S", guard.__file__, str(folder)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True)
        self.hear()

    def hear(self):
        return json.loads(self.process.stdout.readline())

    def tell(self, **line):
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()
        return self.hear()

    def hold(self, key, *mend, until=FAR, **more):
        return self.tell(hold=key, told=f"to mend {key}", until=until, mend=mend, **more)

    def let_go(self):
        self.process.stdin.close()
        code = self.process.wait(60)
        self.process.stdout.close()
        return code


@pytest.fixture
def begin(tmp_path):
    begun = []

    def started(**more):
        begun.append(Guarded(tmp_path, **more))
        return begun[-1]

    yield started
    for one in begun:
        one.process.kill()
        one.process.wait()
        one.process.stdin.close()
        one.process.stdout.close()


def touch(file):
    return {"command": ["touch", str(file)]}


def test_what_is_held_is_mended_when_the_pipe_closes_and_what_was_released_is_not(begin, tmp_path):
    guarded = begin()
    assert guarded.hold("a", touch(tmp_path / "a")) == {"held": "a"}
    guarded.hold("b", touch(tmp_path / "b"))
    guarded.hold("b", touch(tmp_path / "later b"))
    guarded.hold("c", touch(tmp_path / "c"))
    assert guarded.tell(release="c") == {"released": "c"}
    assert guarded.let_go() == 0
    assert {file.name for file in tmp_path.iterdir()} == {"a", "later b", guard.LOG}
    assert [(one.hold, one.told, one.why, one.tries, one.problem) for one in sorted(read_guarded(tmp_path), key=lambda one: one.hold)] == [
        ("a", "to mend a", "the harness was gone", 1, ""),
        ("b", "to mend b", "the harness was gone", 1, ""),
    ]


def test_a_line_that_was_cut_off_with_the_harness_counts_for_nothing_and_what_was_held_before_does(begin, tmp_path):
    guarded = begin()
    guarded.hold("a", touch(tmp_path / "a"))
    guarded.process.stdin.write(json.dumps({"hold": "a", "told": "", "until": FAR, "mend": [touch(tmp_path / "later a")]}).encode()[:-1])
    guarded.let_go()
    assert (tmp_path / "a").exists() and not (tmp_path / "later a").exists()


def test_when_a_mend_is_due_does_not_move_with_the_clock_on_the_wall(monkeypatch):
    hold = guard.Hold("a", "to mend a", time.time() + 30.0, [])
    monkeypatch.setattr(time, "time", lambda: FAR)
    assert 0.0 < hold.due - time.monotonic() <= 30.0
    assert guard.Hold("b", "to mend b", None, []).due == float("inf")


def test_a_guard_that_holds_nothing_ends_and_leaves_nothing(begin, tmp_path):
    assert begin().let_go() == 0
    assert read_guarded(tmp_path) == () and not list(tmp_path.iterdir())


def test_what_is_over_is_mended_though_somebody_is_there(begin, tmp_path, until):
    guarded = begin()
    guarded.hold("far", touch(tmp_path / "far"))
    guarded.hold("near", touch(tmp_path / "near"), until=time.time() + 0.3)
    assert not (tmp_path / "near").exists()
    (mended,) = until(lambda: read_guarded(tmp_path), "the guard's line")
    assert (tmp_path / "near").exists() and not (tmp_path / "far").exists()
    assert mended.why == "its time was over"
    assert guarded.tell(leave="near", until=FAR) == {"left": "near", "mended": True}
    assert guarded.tell(leave="far", until=FAR) == {"left": "far", "mended": False}
    assert guarded.tell(leave="unknown", until=FAR) == {"left": "unknown", "mended": False}


def test_who_comes_while_it_mends_is_told_when_it_has(begin, tmp_path):
    guarded = begin()
    guarded.hold("slow", {"command": ["sleep", "0.5"]}, touch(tmp_path / "slow"), until=0)
    assert guarded.tell(leave="slow", until=FAR) == {"left": "slow", "mended": True}
    assert (tmp_path / "slow").exists()


def test_what_waits_longer_while_the_harness_mends_is_still_held(begin, tmp_path):
    guarded = begin()
    guarded.hold("a", touch(tmp_path / "a"), until=time.time() + 0.5)
    guarded.tell(leave="a", until=FAR)
    time.sleep(0.7)
    assert not (tmp_path / "a").exists()
    guarded.let_go()
    assert (tmp_path / "a").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asking_it_to_end_does_not_end_it(begin, tmp_path, how):
    guarded = begin()
    guarded.hold("a", touch(tmp_path / "a"))
    guarded.process.send_signal(how)
    guarded.hold("b", touch(tmp_path / "b"))
    guarded.let_go()
    assert (tmp_path / "a").exists() and (tmp_path / "b").exists()


def test_what_fails_is_tried_again_step_by_step_and_what_worked_is_not(begin, tmp_path):
    third = "echo x >> tries; test $(wc -l < tries) -ge 3"
    guarded = begin()
    guarded.hold(
        "a",
        {"command": ["sh", "-c", "echo x >> first"], "folder": str(tmp_path)},
        {"command": ["sh", "-c", third], "folder": str(tmp_path)},
    )
    guarded.let_go()
    assert (tmp_path / "first").read_text() == "x\n"
    (mended,) = read_guarded(tmp_path)
    assert (mended.tries, mended.problem) == (3, "")


def test_what_never_works_is_shouted_and_written_down(begin, tmp_path):
    with (tmp_path / "errors").open("wb") as errors:
        guarded = begin(errors=errors)
    guarded.hold("a", {"command": ["false"]}, patience=0.2)
    guarded.hold("b", {"command": ["no-such-program"]}, patience=0.2)
    guarded.hold("c", touch(tmp_path / "c"))
    guarded.let_go()
    assert (tmp_path / "c").exists()
    said = (tmp_path / "errors").read_text()
    assert "NOT MENDED: to mend a: ValueError: the command ended with 1 (tried" in said
    assert "NOT MENDED: to mend b: FileNotFoundError" in said
    assert sum(bool(one.problem) for one in read_guarded(tmp_path)) == 2


def test_the_words_of_a_command_are_written_nowhere(begin, tmp_path):
    with (tmp_path / "errors").open("wb") as errors:
        guarded = begin(errors=errors)
    guarded.hold("a", {"command": ["false", "hunter2"]}, {"command": ["true"], "environment": {"KEY": "hunter2"}}, patience=0.2)
    guarded.let_go()
    assert "hunter2" not in (tmp_path / "errors").read_text() + (tmp_path / guard.LOG).read_text()


def test_a_release_ends_tries_that_have_begun_and_what_somebody_else_mended_is_no_mend_that_failed(begin, tmp_path):
    with (tmp_path / "errors").open("wb") as errors:
        guarded = begin(errors=errors)
    guarded.hold("a", {"command": ["false"]}, until=0)
    time.sleep(0.3)
    guarded.tell(release="a")
    begun = time.monotonic()
    guarded.let_go()
    assert time.monotonic() - begun < 60 < guard.PATIENCE
    assert read_guarded(tmp_path) == () and not (tmp_path / "errors").read_text()


def test_what_it_starts_heeds_the_signals_that_it_does_not(begin, tmp_path):
    guarded = begin()
    guarded.hold("a", {"command": ["sh", "-c", f"kill -TERM $$; touch {tmp_path}/deaf"]}, patience=0.1)
    guarded.let_go()
    assert not (tmp_path / "deaf").exists()
    assert "ended with -15" in read_guarded(tmp_path)[0].problem


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers a DELETE with the statuses it was given, and keeps what it was asked."""

    def do_DELETE(self):
        self.server.asked.append((self.path, self.headers.get("X-Key")))
        self.send_response(self.server.statuses.pop(0))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def answering():
    servers = []

    def begin(*statuses, tls=None):
        server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.statuses, server.asked = list(statuses), []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return server

    yield begin
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_switch_is_asked_for_until_it_answers(begin, tmp_path, answering):
    server = answering(500, 307, 404)
    guarded = begin()
    url = f"http://127.0.0.1:{server.server_port}/faults/known?now=1"
    guarded.hold("a", {"request": "DELETE", "url": url, "headers": {"X-Key": "k"}})
    guarded.let_go()
    assert server.asked == [("/faults/known?now=1", "k")] * 3, "and no redirect is followed"
    assert read_guarded(tmp_path)[0].problem == ""


@pytest.mark.parametrize(("gone", "problem"), [(True, ""), (False, "ConnectionRefusedError")])
def test_nobody_there_is_mended_where_it_was_our_own(begin, tmp_path, answering, gone, problem):
    server = answering()
    server.server_close()
    guarded = begin()
    guarded.hold("a", {"request": "DELETE", "url": f"http://127.0.0.1:{server.server_port}/", "gone": gone}, patience=0.2)
    guarded.let_go()
    assert read_guarded(tmp_path)[0].problem.startswith(problem) and bool(read_guarded(tmp_path)[0].problem) == bool(problem)


@pytest.mark.parametrize(("trust", "problem"), [({"ca": True}, ""), ({"verify": False}, ""), ({}, "SSLCertVerificationError")])
def test_the_guard_trusts_whom_the_load_trusts(begin, tmp_path, answering, trust, problem):
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = answering(*[204] * 10, tls=context)
    tls = {**trust, **({"ca": str(tmp_path / "ca.pem")} if "ca" in trust else {})}
    guarded = begin()
    guarded.hold("a", {"request": "DELETE", "url": f"https://127.0.0.1:{server.server_port}/", "tls": tls}, patience=0.2)
    guarded.let_go()
    assert read_guarded(tmp_path)[0].problem.partition(":")[0] == problem


def test_a_guard_that_somebody_kills_is_replaced_and_holds_what_it_held(tmp_path, capfd):
    async def whole():
        async with guarding(tmp_path) as guarded:
            await guarded.hold("a", "to mend a", FAR, [touch(tmp_path / "a")])
            first = guarded._process
            first.kill()
            await guarded.hold("b", "to mend b", FAR, [touch(tmp_path / "b")])
            assert guarded._process is not first
        assert (tmp_path / "a").exists() and (tmp_path / "b").exists()

    asyncio.run(asyncio.wait_for(whole(), 100.0))


def test_who_waits_for_a_guard_that_cannot_be_replaced_is_told_at_once(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("rushproof.inject.guarding._STARTS", 1)

    async def whole():
        async with guarding(tmp_path) as guarded:
            guarded._process.send_signal(signal.SIGSTOP)
            leaving = asyncio.create_task(guarded.leave("a", FAR))
            await asyncio.sleep(0.05)
            guarded._process.kill()
            assert await leaving is False

    asyncio.run(asyncio.wait_for(whole(), 100.0))


def test_nothing_is_broken_without_a_guard(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("rushproof.inject.guarding._STARTS", 1)

    async def whole():
        async with guarding(tmp_path) as guarded:
            guarded._process.kill()
            while not guarded.problem:
                await asyncio.sleep(0.01)
            with pytest.raises(FaultError, match="nothing is broken that nobody would mend"):
                await guarded.hold("a", "to mend a", FAR, [touch(tmp_path / "a")])
            assert not await guarded.leave("a", FAR)
            await guarded.release("a")

    asyncio.run(asyncio.wait_for(whole(), 100.0))
    assert "the guard was ended 1 times" in capfd.readouterr().err


def test_ctrl_c_at_the_terminal_reaches_the_harness_and_not_its_guard(harness, served, until, tmp_path):
    run = harness("switch", served.url, path="/faults/known", ttl=None)
    assert served.active()
    run.send(signal.SIGINT)
    until(lambda: not served.active(), "the switch off")
    (mended,) = until(lambda: read_guarded(tmp_path), "the guard's line")
    assert mended.problem == ""


@settings(max_examples=8)
@given(st.lists(st.tuples(st.sampled_from(["hold", "release", "leave"]), st.sampled_from("abc")), max_size=12))
def test_at_the_end_exactly_what_is_held_is_mended(tmp_path_factory, told):
    folder = tmp_path_factory.mktemp("guard")
    guarded, held = Guarded(folder), {}
    for nth, (what, key) in enumerate(told):
        if what == "hold":
            held[key] = nth
            guarded.hold(key, {"request": "DELETE", "url": f"http://127.0.0.1:9/{nth}", "gone": True}, patience=5.0)
        else:
            held = held if what == "leave" else {other: number for other, number in held.items() if other != key}
            guarded.tell(**({"release": key} if what == "release" else {"leave": key, "until": FAR}))
    guarded.let_go()
    assert sorted(one.hold for one in read_guarded(folder)) == sorted(held)
