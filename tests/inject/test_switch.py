"""Switches over HTTP: turned on and off, looked at, ended whoever is left to do it."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
import time
from typing import Any, NamedTuple

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rushproof.errors import FaultError
from rushproof.plan import Transport
from tests.inject.guarded import read_guarded

KNOWN: dict[str, Any] = {"path": "/faults/known"}
SHOWN: dict[str, Any] = {**KNOWN, "shown": "/faults", "active": "faults.known.active"}


def test_a_switch_is_turned_on_with_its_time_to_live_and_off_again(play):
    async def does(made, board):
        switch = made("switch", **KNOWN, set={"share": 0.5})
        assert switch.mender == "target"
        await switch.ready()
        before = time.time()
        on = await switch.inject(30.0)
        assert board.active()
        body = board.on["known"][0]
        assert body["share"] == 0.5 and 29.0 < body["ttl"] <= 30.0
        off = await switch.mend()
        assert not board.active()
        assert before <= on.asked <= on.confirmed <= off.asked <= off.confirmed <= time.time()

    play(does)


def test_the_target_ends_it_by_itself_where_nobody_comes(play):
    async def does(made, board):
        await made("switch", **KNOWN).inject(0.2)
        while board.active():
            await asyncio.sleep(0.02)
        await made("switch", **KNOWN).mend()

    play(does)


def test_both_may_be_asked_for_twice(play):
    async def does(made, board):
        switch = made("switch", **KNOWN, ttl=None)
        for _ in range(2):
            await switch.inject(30.0)
            assert board.active()
        for _ in range(2):
            await switch.mend()
            assert not board.active()

    play(does)


@pytest.mark.parametrize("ttl", ["ttl", None])
def test_what_is_shown_elsewhere_is_looked_at_by_the_name_of_the_switch(play, ttl):
    async def does(made, board):
        switch = made("switch", **SHOWN, ttl=ttl)
        await switch.ready()
        await switch.inject(30.0)
        await switch.mend()
        assert board.asked[-2:] == ["DELETE /faults/known", "GET /faults"]

    play(does)


def test_what_is_made_ready_is_off_and_stays_as_it_is_when_that_is_asked_for_again(play):
    async def does(made, board):
        switch = made("switch", **KNOWN)
        await made("switch", **KNOWN).inject(30.0)
        await switch.ready()
        assert not board.active()
        await made("switch", **KNOWN).inject(30.0)
        await switch.ready()
        assert board.active()

    play(does)


def test_a_switch_that_is_shown_to_be_off_was_not_turned_on(play):
    async def does(made, board):
        switch = made("switch", path="/faults/known", set={"ttl": -1}, ttl=None, shown="/faults", active="faults.known.active")
        with pytest.raises(FaultError, match="says that it is off"):
            await asyncio.wait_for(switch.inject(0.5), 60.0)

    play(does)


def test_one_that_does_not_come_off_at_once_is_tried_again(play, capfd):
    async def does(made, board):
        switch = made("switch", **KNOWN)
        await switch.ready()
        board.trouble = [503, 500]
        await switch.inject(30.0)
        assert board.active()
        assert capfd.readouterr().err == "", "not yet loud: nothing is broken"
        board.trouble = [500, 503, 404]
        await switch.mend()
        assert board.on, "404 is taken for off"

    play(does)
    said = capfd.readouterr().err
    assert "turning off /faults/known did not work, and is tried again" in said
    assert "worked after 3 tries" in said


@pytest.mark.parametrize("status", [303, 400, 401, 404, 409, 422])
def test_a_definite_no_is_told_at_once_and_not_asked_for_again(play, status):
    async def does(made, board):
        switch = made("switch", **KNOWN)
        board.trouble = [status]
        with pytest.raises(FaultError, match=f"^target: turning on /faults/known was refused: .*PUT /faults/known: {status} not now$"):
            await switch.inject(30.0)
        assert board.asked == ["PUT /faults/known"]

    play(does)


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_a_no_for_now_is_asked_again(play, status):
    async def does(made, board):
        board.trouble = [status]
        await made("switch", **KNOWN).inject(30.0)
        assert board.active() and board.asked == ["PUT /faults/known"] * 2

    play(does)


def test_a_mend_that_fails_is_a_fault_error_and_stays_with_the_guard(play, tmp_path, capfd):
    async def does(made, board):
        switch = made("switch", **KNOWN, ttl=None)
        await switch.inject(600.0)
        board.trouble = [503] * 1000
        with pytest.raises(FaultError, match=r"turning off /faults/known did not work: target: DELETE /faults/known: 503 not now \(tried"):
            await switch.mend()
        assert board.active()
        board.trouble = []

    play(does, patience=0.3)
    (mended,) = read_guarded(tmp_path)
    assert (mended.told, mended.why, mended.problem) == ("target: DELETE /faults/known", "the harness was gone", "")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"path": "/faults/unknown"}, "/faults/unknown is no switch: DELETE 404"),
        ({"path": "/health"}, "DELETE /health: 405"),
        ({**KNOWN, "shown": "/health"}, "GET /health does not say 'active': 200 well"),
        ({**KNOWN, "shown": "/faults", "active": "faults.unknown.active"}, r"GET /faults does not say 'faults\.unknown\.active': 200"),
    ],
)
def test_a_switch_that_is_not_there_is_told_before_the_load(play, words, problem):
    async def does(made, board):
        with pytest.raises(FaultError, match=problem):
            await made("switch", **words).ready()

    play(does)


def test_a_target_that_is_not_there_is_told_before_the_load(play):
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))

        async def does(made, board):
            with pytest.raises(FaultError, match="DELETE /faults/known: "):
                await made("switch", **KNOWN).ready()

        play(does, url=f"http://127.0.0.1:{taken.getsockname()[1]}")


def test_an_operators_token_is_on_every_request_the_guards_too(play):
    seen = []

    async def does(made, board):
        seen.append(board.keys)
        switch = made("switch", **SHOWN, ttl=None, headers={"Authorization": "KEY"})
        await switch.ready()
        await switch.inject(0.1)
        while board.active():
            await asyncio.sleep(0.02)
        await switch.mend()

    play(does, resolved=lambda tree: tree.replace("KEY", "hunter2") if isinstance(tree, str) else tree)
    assert seen == [{"hunter2"}]


@pytest.mark.parametrize(
    ("way", "ttl", "mender"),
    [
        ({}, "ttl", "target"),
        ({}, None, "guard"),
        ({"proxy": "http://127.0.0.1:1"}, "ttl", "target"),
        ({"proxy": "http://127.0.0.1:1"}, None, "nobody"),
    ],
)
def test_each_says_who_ends_it_where_the_harness_is_gone(play, way, ttl, mender):
    async def does(made, board):
        assert made("switch", **KNOWN, ttl=ttl).mender == mender

    play(does, transport=Transport(**way))


class Acts(NamedTuple):
    """What happens to a switch, and what the target answers meanwhile."""

    what: str
    trouble: list[int]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(Acts, st.just("inject"), st.lists(st.sampled_from([0, 429, 500, 503]), max_size=2))
        | st.builds(Acts, st.just("mend"), st.lists(st.sampled_from([0, 404, 500, 503]), max_size=2)),
        max_size=5,
    )
)
def test_whatever_happened_a_mend_that_is_confirmed_leaves_it_off(play, acts):
    async def does(made, board):
        switch = made("switch", **SHOWN)
        for act in [*acts, Acts("mend", [])]:
            board.trouble = list(act.trouble)
            if act.what == "inject":
                await switch.inject(30.0)
                assert board.active()
            else:
                await switch.mend()
                assert not board.active()

    play(does)


def test_secrets_reach_the_switch_and_no_message(play):
    async def does(made, board):
        switch = made("switch", **KNOWN, set={"why": "SECRET"})
        board.trouble = [200] + [500] * 1000
        await switch.inject(30.0)
        assert board.on["known"][0]["why"] == "hunter2"
        board.trouble = [500] * 1000
        with pytest.raises(FaultError) as told:
            await switch.mend()
        assert "known" not in str(told.value)

    masked = {"resolved": lambda tree: {key: str(value).replace("SECRET", "hunter2") for key, value in tree.items()}}
    play(does, patience=0.1, **masked, masked=lambda text: text.replace("known", "…"))


def test_the_guard_turns_off_what_has_no_time_to_live_when_the_harness_is_killed(harness, served, tmp_path, until):
    run = harness("switch", served.url, **KNOWN, ttl=None)
    assert run.said == b"broken" and served.active()
    run.send(signal.SIGKILL)
    until(lambda: not served.active(), "the switch off")
    (mended,) = until(lambda: read_guarded(tmp_path), "the guard's line")
    assert (mended.why, mended.tries, mended.problem) == ("the harness was gone", 1, "")


def test_a_harness_that_is_frozen_itself_does_not_keep_a_fault_alive(harness, served, tmp_path, until):
    run = harness("switch", served.url, lives=1.0, **KNOWN, ttl=None)
    run.process.send_signal(signal.SIGSTOP)
    until(lambda: not served.active(), "the switch off")
    (mended,) = until(lambda: read_guarded(tmp_path), "the guard's line")
    assert mended.why == "its time was over"


@pytest.fixture(scope="module")
def gateway():
    command = [sys.executable, "-m", "fake_backend.gateway", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        yield re.search(r"http://[\d.:]+", process.stdout.readline())[0]
        process.terminate()


@pytest.mark.parametrize("shown", [{}, {"shown": "/faults", "active": "faults.outages.active"}], ids=["believed", "looked at"])
def test_the_gateways_own_switches_are_known(play, gateway, shown):
    async def does(made, board):
        switch = made("switch", path="/faults/outages", **shown)
        await switch.ready()
        await switch.inject(30.0)
        assert await active(gateway)
        await switch.mend()
        assert not await active(gateway)
        with pytest.raises(FaultError, match="/faults/unheard_of is no switch: DELETE 404"):
            await made("switch", path="/faults/unheard_of").ready()

    play(does, url=gateway)


async def active(gateway):
    async with aiohttp.ClientSession() as http, http.get(f"{gateway}/faults") as answer:
        return next(fault["active"] for fault in (await answer.json())["faults"] if fault["name"] == "outages")
