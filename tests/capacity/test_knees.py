"""The whole search on queues whose knee is known: within five per cent, in at most twelve rungs, whatever the dice."""

import numpy as np
import pytest
from queues import Queue

from rushproof.budget import Limit
from rushproof.frame import CELL, Frame, Health, Visits
from rushproof.histogram import bucket
from rushproof.quantity import Bound
from rushproof.sample import VISIT, Distribution, Outcome
from rushproof.search import Search, Told
from rushproof.trial import Trial
from rushproof.verdict import Status

WARM_UP, SHORTEST, LONGEST = 1, 6, 20
STEPS = (("people", VISIT), ("people", "ask"))


def frames(due, stayed, seconds):
    """What a generator would have sent up, second by second: a sample is told in the second in which it ended."""
    ends, index = np.floor(due + stayed).astype(int), bucket(stayed)
    for second in range(seconds):
        mine = ends == second
        cells = np.zeros(mine.sum(), CELL)
        cells["at"], cells["step"], cells["outcome"], cells["bucket"], cells["count"] = due[mine].astype(int), 1, Outcome.OK, index[mine], 1
        cells["distribution"] = Distribution.RESPONSE
        health = Health(
            at=second, lag_p99=0, busy=0, turn=0, due=int((due.astype(int) == second).sum()), unsent=0, missed=0, in_flight=0, memory=1
        )
        yield Frame(worker=0, seq=second, until=second + 1.0, steps=STEPS, visits=(Visits(),), cells=cells.tobytes(), health=(health,))


def rung(queue, bound, rate, dice):
    """One rung in simulated time: its trial decides, or its figure does."""
    budget = (Limit(measure="p99", step="ask", at_most=Bound.read(f"{bound * 1e3:g}ms")),)
    trial = Trial(budget, WARM_UP, SHORTEST, LONGEST)
    due, stayed = queue.responses(rate, WARM_UP + LONGEST, dice)
    for frame in frames(due, stayed, WARM_UP + LONGEST):
        if (ruled := trial.add(frame)) is not None:
            return Told(rate, ruled.status, min(rate, queue.most)), frame.until
    late = (stayed[due >= WARM_UP] > bound).mean()
    return Told(rate, Status.FAIL if late > 0.01 else Status.PASS, min(rate, queue.most)), LONGEST


def found(queue, bound, knee, seed):
    dice = np.random.default_rng(seed)
    search, seconds = Search(first=knee / dice.uniform(2, 15)), 0.0
    while (rate := search.rate) is not None:
        told, took = rung(queue, bound, rate, dice)
        search, seconds = search.tell(told), seconds + took
    assert search.found and search.close
    assert len(search.told) <= 12
    assert seconds < 12 * LONGEST
    return search.low / knee


@pytest.mark.parametrize(
    ("queue", "bound"),
    [(Queue(1, 1 / 2500), 0.015), (Queue(4, 1 / 625), 0.016), (Queue(8, 1 / 300), 0.03)],
    ids=["M/M/1", "M/M/4", "M/M/8"],
)
def test_the_knee_of_an_exponential_queue_is_found_within_five_per_cent(queue, bound):
    knee = queue.knee(bound)
    ratios = np.array([found(queue, bound, knee, seed) for seed in range(8)])
    assert np.abs(ratios - 1).max() < 0.065
    assert (np.abs(ratios - 1) <= 0.05).sum() >= 7
    assert ratios.mean() == pytest.approx(1.0, abs=0.025)


def test_the_knee_of_a_steady_server_is_found_within_five_per_cent():
    """M/D/1: the p99 of the stay by a long simulation."""
    queue, bound = Queue(1, 1 / 2500, exponential=False), 0.008
    low, high = 0.8 * queue.most, queue.most
    for step in range(9):
        middle = (low + high) / 2
        _, stayed = queue.responses(middle, 400, np.random.default_rng(100 + step))
        low, high = (low, middle) if (stayed > bound).mean() > 0.01 else (middle, high)
    ratios = np.array([found(queue, bound, low, seed) for seed in range(8)])
    assert (np.abs(ratios - 1) <= 0.05).sum() >= 7


def test_a_hard_knee_is_found_by_its_drift_alone():
    """A token bucket: nothing is late at 100 %, and everything a little later each second at 101 %."""
    queue = Queue(1, 1 / 800, exponential=False)

    def even(rate, dice):
        due = (np.arange(int(rate * (WARM_UP + LONGEST))) + dice.uniform(0, 1)) / rate
        return due, np.maximum(np.arange(len(due)) * (queue.mean - 1 / rate), 0) + queue.mean

    for seed in range(5):
        dice = np.random.default_rng(seed)
        search = Search(first=dice.uniform(50, 300))
        while (rate := search.rate) is not None:
            trial = Trial((Limit(measure="p99", step="ask", at_most=Bound.read("1s")),), WARM_UP, SHORTEST, LONGEST)
            due, stayed = even(rate, dice)
            ruled = next((one for frame in frames(due, stayed, WARM_UP + LONGEST) if (one := trial.add(frame))), None)
            status = ruled.status if ruled else Status.FAIL if (stayed > 1.0).mean() > 0.01 else Status.PASS
            search = search.tell(Told(rate, status, min(rate, queue.most)))
        assert search.low == pytest.approx(queue.most, rel=0.05)
        assert search.low <= queue.most * 1.01
