"""`rushproof plan`: what a run would come to, without a byte to its target."""

import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Said = Callable[..., Any]


def test_it_prints_what_a_run_would_come_to(rushproof: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = rushproof("plan", "daily_reservation", "--scale", "0.005", "--speed", "40")

    assert said.code == 0, said.err
    flat = " ".join(said.out.split())
    assert "16,200 people are taken of the 50,000,000 in population" in flat
    assert "09:00:00 to 10:00:00: 90 s on the wall" in flat
    assert "rates are those of the scenario × 0.005 × 40 = × 0.2" in flat
    assert "Lost: queues that overload builds" in flat
    assert not list(tmp_path.iterdir())


def test_nothing_is_sent(rushproof: Said) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        said = rushproof("plan", "smoke", "--target", f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert said.code == 0, said.err
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["smok"], "did you mean 'smoke'?"),
        (["smoke", "--scale", "-1"], "--scale: expected a number above 0"),
        (["smoke", "--scale", "100000"], "100,000,000 people come, but only 50,000,000 are registered"),
        (["smoke", "--target", "http://192.0.2.1"], "not this machine"),
        (["smoke", "--from", "noon"], "no moment 'noon'"),
    ],
)
def test_what_could_not_be_run_is_refused_as_a_run_is(words: list[str], message: str, rushproof: Said) -> None:
    said = rushproof("plan", *words)

    assert said.code == 2
    assert message in said.err and said.out == ""


def test_people_of_earlier_runs_are_used_up(rushproof: Said, recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").mkdir()
    shutil.copytree(recorded, tmp_path / "reports" / "runs" / "earlier")
    said = rushproof("plan", "smoke")

    assert "of the 50,000,000 in population, of which 1,000 are used up: 49,998,000 are left" in " ".join(said.out.split())


def test_a_cut_of_the_timetable_and_more_workers_are_heeded(rushproof: Said) -> None:
    said = rushproof("plan", "smoke", "--from", "open + 2s", "--workers", "2")

    assert "  09:00:02 to 09:00:05: 3 s on the wall" in said.out
    assert "reservers   1,000     600  browse, reserve" in said.out
    assert "128 connections at most, 64 descriptors a worker" in said.out
