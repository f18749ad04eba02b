"""Commands of anybody's: one that breaks, one that mends, one that tells; and the end of all three."""

import asyncio
import signal
import time
from typing import Any

import pytest

from rushproof.errors import FaultError
from rushproof.inject.tree import proc
from tests.inject.guarded import read_guarded

FLAG: dict[str, Any] = {"run": "touch flag", "mend": "rm -f flag"}
PROBED: dict[str, Any] = {**FLAG, "probe": "test ! -e flag"}


@pytest.mark.parametrize("words", [FLAG, PROBED], ids=["believed", "probed"])
def test_a_command_breaks_and_another_mends(play, tmp_path, words):
    async def does(made, board):
        command = made("command", **words)
        assert command.mender == "guard"
        await command.ready()
        before = time.time()
        broken = await command.inject(30.0)
        assert (tmp_path / "flag").exists()
        await command.inject(30.0)
        mended = await command.mend()
        assert not (tmp_path / "flag").exists()
        await command.mend()
        assert before <= broken.asked <= broken.confirmed <= mended.asked <= mended.confirmed <= time.time()

    play(does)
    assert read_guarded(tmp_path) == ()


def test_commands_know_where_they_are_and_are_given_their_secrets(play, tmp_path):
    tell = "python -c \"import os, sys; open('told', 'w').write(os.environ['RUSHPROOF_TARGET'] + ' ' + sys.argv[1])\" SECRET"

    async def does(made, board):
        await made("command", run=tell, mend="true").inject(30.0)
        assert (tmp_path / "told").read_text() == "http://there hunter2"

    play(does, environment={"RUSHPROOF_TARGET": "http://there"}, resolved=lambda word: word.replace("SECRET", "hunter2"))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({**FLAG, "run": "no-such-program"}, "`no-such-program` cannot be started: No such file or directory"),
        ({**FLAG, "run": "sh -c 'echo it is hunter2; exit 3'"}, r"ended with 3, expected 0; its last words:\n  it is …"),
        ({**PROBED, "run": "sh -c 'exit 3'"}, "ended with 3, expected 0"),
        ({**FLAG, "run": "sleep 600"}, r"`sleep 600` did not end within 0\.5 s"),
    ],
)
def test_a_command_that_did_not_break_anything_is_no_fault(play, words, problem):
    async def does(made, board):
        command = made("command", **words)
        command._longest = 0.5 if "sleep" in words["run"] else 60.0
        with pytest.raises(FaultError, match=problem):
            await command.inject(30.0)
        await command.mend()

    play(does, masked=lambda text: text.replace("hunter2", "…"))


def test_one_that_the_probe_does_not_see_was_none(play, monkeypatch):
    monkeypatch.setattr("rushproof.inject.command._SHOWS", 0.2)

    async def does(made, board):
        command = made("command", **{**PROBED, "run": "true"})
        with pytest.raises(FaultError, match="`true` was run, and the probe `test ! -e flag` says that all is well"):
            await command.inject(30.0)
        await command.mend()

    play(does)


@pytest.mark.parametrize("words", [{**FLAG, "run": "no-such-program"}, {**FLAG, "mend": "./no-such-script"}])
def test_a_program_that_is_not_there_is_told_before_the_load(play, tmp_path, words):
    async def does(made, board):
        (tmp_path / "script").write_text("#!/bin/sh")
        (tmp_path / "script").chmod(0o700)
        await made("command", run="./script", mend="python -c pass").ready()
        with pytest.raises(FaultError, match=r"cannot be started: there is no program (\./)?no-such-"):
            await made("command", **words).ready()

    play(does)


def test_a_probe_that_nobody_waits_for_any_more_is_ended(play, tmp_path):
    async def does(made, board):
        asking = asyncio.create_task(made("command", **{**FLAG, "probe": "sh -c 'echo $$ > pid; exec sleep 600'"}).ready())
        while not (tmp_path / "pid").exists() or not (told := (tmp_path / "pid").read_text()):
            await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert proc(int(told)) is None

    play(does)


def test_what_is_wrong_before_is_told_before_the_load(play, tmp_path):
    async def does(made, board):
        (tmp_path / "flag").touch()
        with pytest.raises(FaultError, match="says that something is wrong before anything was broken"):
            await made("command", **PROBED).ready()
        with pytest.raises(FaultError, match="`no-such-probe` cannot be started"):
            await made("command", **{**FLAG, "probe": "no-such-probe"}).ready()

    play(does)


def test_one_that_goes_on_is_on_when_the_probe_sees_it_and_ended_before_the_mend(play, tmp_path):
    goes_on = "sh -c 'touch flag; sleep 600; touch late'"

    async def does(made, board):
        command = made("command", **{**PROBED, "run": goes_on})
        await command.inject(30.0)
        running = command._running.proc
        assert running.state in ("S", "R")
        await command.mend()
        assert running.state == ""

    play(does)


def test_a_mend_that_fails_is_tried_again_and_is_not_kept_quiet(play, tmp_path, capfd):
    third = "sh -c 'echo x >> tries; test $(wc -l < tries) -ge 3 && rm flag'"

    async def does(made, board):
        command = made("command", **{**PROBED, "mend": third})
        await command.inject(600.0)
        await command.mend()
        assert not (tmp_path / "flag").exists()

    play(does, patience=60.0)
    assert (tmp_path / "tries").read_text() == "x\n" * 3
    said = capfd.readouterr().err
    assert "did not work, and is tried again" in said and "worked after 3 tries" in said


def test_a_mend_that_never_works_is_a_fault_error_and_stays_with_the_guard(play, tmp_path):
    async def does(made, board):
        command = made("command", **{**FLAG, "mend": "sh -c 'test -e key && rm flag'"})
        await command.inject(600.0)
        with pytest.raises(FaultError, match=r"did not work: .*ended with 1, expected 0 \(tried"):
            await command.mend()
        (tmp_path / "key").touch()

    play(does, patience=0.3)
    (mended,) = read_guarded(tmp_path)
    assert (mended.why, mended.problem) == ("the harness was gone", "")
    assert not (tmp_path / "flag").exists()


def test_what_takes_longer_to_break_than_it_should_be_broken_is_ended_by_the_guard(play, tmp_path):
    async def does(made, board):
        command = made("command", **{**FLAG, "run": "sh -c 'sleep 60; touch flag'"})
        with pytest.raises(FaultError, match="ended with -9"):
            await command.inject(0.2)
        await command.mend()
        assert not (tmp_path / "flag").exists()

    play(does)


def test_what_the_guard_mended_is_not_mended_again(play, tmp_path):
    async def does(made, board):
        command = made("command", run="touch flag", mend="sh -c 'echo x >> mends; rm -f flag'", probe="test ! -e flag")
        await command.inject(3.0)
        while (tmp_path / "flag").exists():
            await asyncio.sleep(0.02)
        await command.mend()
        assert (tmp_path / "mends").read_text() == "x\n"

    play(does)
    (mended,) = read_guarded(tmp_path)
    assert mended.why == "its time was over"


def test_the_guard_mends_when_the_harness_is_killed(harness, tmp_path, until):
    run = harness("command", **PROBED)
    assert run.said == b"broken" and (tmp_path / "flag").exists()
    run.send(signal.SIGKILL)
    until(lambda: not (tmp_path / "flag").exists(), "the mend")
    (mended,) = until(lambda: read_guarded(tmp_path), "the guard's line")
    assert (mended.told, mended.problem) == ("target: `rm -f flag`", "")


def test_a_harness_that_is_killed_while_it_breaks_something_leaves_nothing_that_breaks(harness, tmp_path, until):
    breaks = "sh -c 'echo $$ > leader; while true; do touch flag; sleep 0.02; done'"
    run = harness("command", early=True, run=breaks, mend="rm -f flag")
    assert run.said == b"breaking"
    until((tmp_path / "flag").exists, "the fault")
    run.send(signal.SIGKILL)
    until(lambda: read_guarded(tmp_path), "the guard's line")
    time.sleep(0.1)
    assert not (tmp_path / "flag").exists()
