"""Actions of a drill in the run folder: written at once, read in order, by whoever writes."""

import threading
from pathlib import Path

import pytest

from rushproof.errors import FolderError
from rushproof.injection import Injection, Mark
from rushproof.journal import Actions, read_actions


def test_what_was_done_is_read_back_in_the_order_of_time(tmp_path: Path) -> None:
    actions = Actions(tmp_path)
    mend = Injection(fault="outage", what="mend", due=9.0, asked=9.0, by="guard", problem="the switch answers 500")
    inject = Injection(fault="outage", what="inject", due=3.0, asked=3.001, confirmed=3.01)
    for line in (mend, inject):
        actions.injected(line)
    actions.marked(Mark(at=4.0, text="The phone rings: 支付 is down\nfor all."))
    assert read_actions(tmp_path) == ((inject, mend), (Mark(at=4.0, text="The phone rings: 支付 is down\nfor all."),))


def test_a_line_is_there_as_soon_as_it_was_written(tmp_path: Path) -> None:
    Actions(tmp_path).injected(Injection(fault="outage", what="inject", due=3.0, asked=3.0))
    assert len(read_actions(tmp_path)[0]) == 1


def test_a_run_without_a_drill_did_nothing(tmp_path: Path) -> None:
    assert read_actions(tmp_path) == ((), ())


def test_a_line_that_was_cut_off_is_left_out_and_any_other_broken_one_is_told(tmp_path: Path) -> None:
    Actions(tmp_path).marked(Mark(at=1.0, text="first"))
    with (tmp_path / "marks.jsonl").open("a") as file:
        file.write('{"at": 2.0, "te')
    assert [mark.text for mark in read_actions(tmp_path)[1]] == ["first"]
    with (tmp_path / "marks.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(FolderError, match=r"marks\.jsonl cannot be read"):
        read_actions(tmp_path)


def test_several_may_note_at_once(tmp_path: Path) -> None:
    def note(who: int) -> None:
        for nth in range(50):
            Actions(tmp_path).marked(Mark(at=float(nth), text=f"{who} " * 200))

    threads = [threading.Thread(target=note, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_actions(tmp_path)[1]) == 400


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="cannot be written"):
        Actions(tmp_path / "nowhere").marked(Mark(at=1.0, text="lost"))


def test_what_the_guard_had_to_mend_is_the_faults_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Begun:
        start = 100.0

    monkeypatch.setattr("rushproof.journal.actions.read_manifest", lambda folder: Begun)
    Actions(tmp_path).injected(Injection(fault="slow", what="inject", due=3.0, asked=3.0, confirmed=3.1))
    line = '{"hold": "%s/switch 12ab", "told": "DELETE /x", "why": "", "asked": 107.5, "done": 108.0, "tries": 1, "problem": "%s"}\n'
    (tmp_path / "guard.jsonl").write_text(line % ("slow", "") + line % ("fast", "it answers 500"))
    _, slow, fast = read_actions(tmp_path)[0]
    assert slow == Injection(fault="slow", what="mend", due=7.5, asked=7.5, confirmed=8.0, by="guard")
    assert (fast.fault, fast.confirmed, fast.problem) == ("fast", None, "it answers 500")
