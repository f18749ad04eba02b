"""Samples in, cells out: the fold from five times a sample to sparse counts, a few nanoseconds a value.

Facts are appended to flat arrays, `fold` turns what has gathered into counted keys (call it often, so that no single call takes long),
and `cells` hands over everything since it was last called.
"""

from array import array

import numpy as np

from rushproof.frame import CELL
from rushproof.histogram import BUCKETS, bucket
from rushproof.keyed import FloatArray, IntArray
from rushproof.sample import Distribution, Outcome

_OUTCOMES, _DISTRIBUTIONS = 8, 8
_COUNT_BITS = 20
"""a million samples a fold; the other 43 bits hold a key, enough for a week of seconds and a hundred steps"""
NEVER = float("nan")
"""The time of what did not happen: `sent` of a request that never was."""


def code(step: int, outcome: int, last: bool) -> float:
    """Step, outcome and whether this try settled the intent, as the one float that the hot path appends."""
    return float((step * _OUTCOMES + outcome) * 2 + last)


class Tally:
    """Folds samples and visits into `CELL` rows.

    All times are seconds of one clock, of which `start` is the run's beginning; `resolution` is the length of a journal bucket.
    """

    def __init__(self, steps: int, resolution: float, start: float = 0.0) -> None:
        self.steps, self.resolution, self.start = steps, resolution, start
        self.samples = array("d")
        """flat sixes: due (the intent's), planned (this try's own due), ready, sent, done, `code`; hot paths append here themselves"""
        self.visits = array("d")
        """flat threes: arrival, stretch, `code`"""
        self._folded: list[tuple[IntArray, IntArray]] = []

    def sample(
        self, step: int, outcome: Outcome, last: bool, *, due: float, planned: float, ready: float, sent: float, done: float
    ) -> None:
        """One try of a request."""
        self.samples.extend((due, planned, ready, sent, done, code(step, outcome, last)))

    def visit(self, step: int, outcome: Outcome, *, arrival: float, stretch: float) -> None:
        """One visit, under its crowd's `visit` step."""
        self.visits.extend((arrival, stretch, code(step, outcome, True)))

    def fold(self) -> None:
        """Turns the facts gathered so far into counts."""
        keys = []
        if self.samples:
            keys += self._sample_keys(np.array(self.samples).reshape(-1, 6))
            del self.samples[:]
        if self.visits:
            facts = np.array(self.visits).reshape(-1, 3)
            del self.visits[:]
            codes = facts[:, 2].astype(np.int64) >> 1
            keys.append(self._keys(facts[:, 0], codes, Distribution.STRETCH, facts[:, 1]))
        if keys:
            self._folded.append(np.unique(np.concatenate(keys), return_counts=True))

    def cells(self) -> bytes:
        """The counts since the last call, as `CELL` rows."""
        self.fold()
        if not self._folded:
            return b""
        keys, counts = self._folded[0] if len(self._folded) == 1 else _summed(self._folded)
        self._folded = []
        rows = np.empty(len(keys), CELL)
        rest, rows["bucket"] = np.divmod(keys, BUCKETS)
        rest, rows["distribution"] = np.divmod(rest, _DISTRIBUTIONS)
        rest, rows["outcome"] = np.divmod(rest, _OUTCOMES)
        rows["at"], rows["step"] = np.divmod(rest, self.steps)
        rows["count"] = counts
        return rows.tobytes()

    def _sample_keys(self, facts: FloatArray) -> list[IntArray]:
        due, planned, ready, sent, done, coded = facts.T
        codes = coded.astype(np.int64)
        last, codes = codes & 1 == 1, codes >> 1
        was_sent, was_ready = ~np.isnan(sent), ~np.isnan(ready)
        ended = codes % _OUTCOMES < Outcome.UNFINISHED
        begun = np.where(was_sent, sent, done)
        keys = [self._keys(due, codes, Distribution.RESPONSE, done - due)]
        for distribution, mask, since, until, placed in (
            (Distribution.SERVICE, was_sent, sent, done, due),
            (Distribution.WAIT, was_ready, ready, begun, due),
            (Distribution.LAG, was_ready, planned, ready, due),
            (Distribution.INTENT, last, due, done, due),
            (Distribution.SERVED, ended, begun, done, done),
        ):
            keys.append(self._keys(placed[mask], codes[mask], distribution, (until - since)[mask]))
        return keys

    def _keys(self, placed: FloatArray, codes: IntArray, distribution: Distribution, values: FloatArray) -> IntArray:
        at = np.floor((placed - self.start) / self.resolution).astype(np.int64)
        steps, outcomes = np.divmod(codes, _OUTCOMES)
        key = ((np.maximum(at, 0) * self.steps + steps) * _OUTCOMES + outcomes) * _DISTRIBUTIONS + int(distribution)
        return key * BUCKETS + bucket(values)


def _summed(parts: list[tuple[IntArray, IntArray]]) -> tuple[IntArray, IntArray]:
    """Sorted parts into one: keys and counts travel through the sort as one number, which is several times faster than sorting an index."""
    joined = np.concatenate([keys << _COUNT_BITS | counts for keys, counts in parts])
    joined.sort(kind="stable")  # merges runs that are sorted already
    keys, counts = joined >> _COUNT_BITS, joined & ((1 << _COUNT_BITS) - 1)
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[first], np.add.reduceat(counts, first)
