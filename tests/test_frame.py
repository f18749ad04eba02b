import msgspec
import numpy as np

from rushproof.frame import ATTEMPT, CELL, Frame, Health, Visits


def test_a_frame_crosses_the_wire_unchanged():
    cells = np.array([(3, 0, 1, 2, 2047, 4_000_000_000)], dtype=CELL)
    attempts = np.array([(7, 0, 2**64 - 1, 1, 5, 6, 0.5, 0.6, 0.7, 3, 1, -1)], dtype=ATTEMPT)
    frame = Frame(
        worker=1,
        seq=9,
        until=10.0,
        steps=(("reservers", "reserve"), ("reservers", "visit")),
        visits=(Visits(offered=10, finished=7, unfinished=1, missed=1, in_flight=1),),
        rounds=("2022-04-01.r1",),
        cells=cells.tobytes(),
        attempts=attempts.tobytes(),
        health=(Health(at=9, lag_p99=0.001, busy=0.5, turn=0.002, due=100, unsent=0, missed=0, in_flight=3, memory=1),),
        notes=("a visit raised",),
        final=True,
    )

    again = Frame.decode(frame.encode())

    assert again == frame
    assert again.cell_rows.tolist() == cells.tolist()
    assert again.attempt_rows.tolist() == attempts.tolist()


def test_a_quiet_second_is_small():
    frame = Frame(worker=0, seq=0, until=1.0, steps=(), visits=())

    assert len(frame.encode()) < 200
    assert not len(Frame.decode(frame.encode()).cell_rows)


def test_visits_are_counted_from_nothing():
    assert msgspec.structs.astuple(Visits()) == (0, 0, 0, 0, 0)
