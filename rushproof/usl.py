"""The Universal Scalability Law: what concurrency does to throughput, X(N) = γN / (1 + α(N − 1) + βN(N − 1)).

γ is the rate of one alone, α the share that has to queue for what cannot be shared (contention), β what keeping in step costs (coherency):
with β the rate falls again beyond its best N.  N. J. Gunther, "Guerrilla Capacity Planning", Springer 2007, chapters 4 to 6.
"""

import math
from collections.abc import Sequence
from itertools import combinations

import msgspec
import numpy as np

from rushproof.keyed import FloatArray

LEAST = 4
"""rungs for three unknowns"""
_SPREAD = 2.0
"""how many times the lowest concurrency the highest has to be, or the curve is a point"""
_POOR = 0.15
"""root mean square of the relative residuals from which on the law does not describe the target"""


REACH = 1.25
"""how many times the highest measured rate the law's may be and still be told: what lies beyond was guessed from a piece of the curve"""


class Usl(msgspec.Struct, frozen=True, kw_only=True):
    """The law fitted, and what it predicts."""

    gamma: float
    """visits a second of one at a time"""
    alpha: float
    """contention, 0 or more"""
    beta: float
    """coherency, 0 or more"""
    best: float | None
    """the concurrency with the highest rate; None where the rate only ever rises"""
    highest: float | None
    """that rate, or the one it tends to; None where it rises without end, or the rungs do not come near it (`far`)"""
    far: bool = False
    """whether the law has a highest rate, and no rung came near enough to it for it to be told"""
    residual: float
    """root mean square of (fitted − measured) ÷ measured"""
    rungs: int

    def rate(self, concurrency: float) -> float:
        """X(N), visits a second."""
        n = concurrency
        return self.gamma * n / (1 + self.alpha * (n - 1) + self.beta * n * (n - 1))


def fitted(concurrency: Sequence[float], rate: Sequence[float]) -> Usl | str:
    """The law through these rungs, or one sentence why not.

    N/X = (1 + α(N − 1) + βN(N − 1)) / γ is linear in 1/γ, α/γ and β/γ; least squares of the relative residuals, none below 0.
    """
    n, x = np.asarray(concurrency, dtype=np.float64), np.asarray(rate, dtype=np.float64)
    usable = np.isfinite(n) & np.isfinite(x) & (n > 0) & (x > 0)
    n, x = n[usable], x[usable]
    if len(n) < LEAST:
        return f"{len(n)} usable rungs, and three unknowns need {LEAST} at least"
    if n.max() < _SPREAD * n.min():
        return f"concurrency only went from {n.min():.3g} to {n.max():.3g}, too little to tell a curve from a line"
    terms = _least_squares(np.stack([np.ones_like(n), n - 1, n * (n - 1)], axis=1) * (x / n)[:, None])
    if terms[0] <= 0:
        return "the rungs give one at a time no finite rate"
    gamma, alpha, beta = 1 / terms[0], terms[1] / terms[0], terms[2] / terms[0]
    told = n / (terms[0] + terms[1] * (n - 1) + terms[2] * n * (n - 1))
    residual = float(np.sqrt(np.mean((told / x - 1) ** 2)))
    if residual > _POOR:
        return f"the law misses the rungs by {residual:.0%} in the mean, so it does not describe this target"
    best = math.sqrt((1 - alpha) / beta) if beta > 0 and alpha < 1 else 1.0 if beta > 0 else None
    law = Usl(gamma=gamma, alpha=alpha, beta=beta, best=best, highest=None, residual=residual, rungs=len(n))
    highest = law.rate(best) if best is not None else gamma / alpha if alpha > 0 else None
    if highest is not None and highest > REACH * float(x.max()):
        return msgspec.structs.replace(law, best=None, far=True)
    return msgspec.structs.replace(law, highest=highest)


def _least_squares(rows: FloatArray) -> tuple[float, float, float]:
    """The terms of 0 or more that bring every row nearest to 1: the best of all sets of terms left out."""
    best, terms = math.inf, (0.0, 0.0, 0.0)
    for count in (3, 2, 1):
        for kept in combinations(range(3), count):
            part = np.linalg.lstsq(rows[:, kept], np.ones(len(rows)), rcond=None)[0]
            if (part < 0).any():
                continue
            error = float(((rows[:, kept] @ part - 1) ** 2).sum())
            if error < best * (1 - 1e-9):
                whole = dict(zip(kept, part.tolist(), strict=True))
                best, terms = error, (whole.get(0, 0.0), whole.get(1, 0.0), whole.get(2, 0.0))
    return terms
