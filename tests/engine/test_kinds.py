"""What is told at the end of answers that fit nothing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rushproof.engine.kinds import Kinds
from rushproof.recorded import Recorded

NOTHING = np.empty(0)
SAID = st.lists(st.tuples(st.sampled_from(("look", "book")), st.integers(0, 9).map(lambda code: f'200 {{"code": {code}}}')), max_size=60)


def counted(notes):
    return sum(int(note.rpartition("(")[2].partition(" ")[0]) if note.endswith(" times)") else 1 for note in notes)


@given(SAID)
def test_few_kinds_are_told_and_every_answer_is_counted(said):
    kinds = Kinds()
    for step, shown in said:
        kinds.add(step, shown)
    assert len(kinds.notes()) <= 6
    assert counted(kinds.notes()) == len(said)


def test_of_very_many_only_the_number_is_kept():
    kinds = Kinds()
    for _ in range(2_000):
        assert kinds.curious
        kinds.add("look", "200")
    assert not kinds.curious
    kinds.add_other()
    assert kinds.notes() == ("an answer to the step look fits no rule: 200 (2000 times)", "another answer fits no rule")


def test_the_notes_of_several_workers_add_up():
    one, other = Kinds(), Kinds()
    for kinds, times in ((one, 3), (other, 1)):
        for _ in range(times):
            kinds.add("look", "200")
            kinds.lacks("book", "data.id")
    recorded = Recorded(steps=(), cells=NOTHING, health=NOTHING, notes=(*one.notes(), *other.notes()))
    assert recorded.told == (
        "an answer to the step look fits no rule: 200 (4 times)",
        "the promise of book names data.id, which an ok answer did not hold (4 times)",
    )
