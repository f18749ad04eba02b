"""Queues whose knee is known by formula, for the search to find: simulated here, and served for real by `queue_server.py`."""

import math
from heapq import heapify, heapreplace

import msgspec
import numpy as np

from rushproof.keyed import FloatArray


class Queue(msgspec.Struct, frozen=True):
    """`servers` that each take `mean` seconds, exponential or always the same, one line before them."""

    servers: int
    mean: float
    exponential: bool = True

    @property
    def most(self) -> float:
        """The rate beyond which its line grows without end."""
        return self.servers / self.mean

    def late(self, rate: float, bound: float) -> float:
        """The share of customers of an M/M/c queue that stay longer than `bound` (Gross, Fundamentals of Queueing, §3.3)."""
        mu, c = 1 / self.mean, self.servers
        load, spare = rate / mu, c * mu - rate
        if spare <= 0:
            return 1.0
        terms = [1.0]
        for servers in range(1, c + 1):
            terms.append(terms[-1] * load / servers)
        last = terms[-1] * c / (c - load)
        waits = last / (sum(terms[:-1]) + last)
        if abs(spare - mu) < 1e-9 * mu:
            return math.exp(-mu * bound) * (1 + waits * mu * bound)
        stays = (spare * math.exp(-mu * bound) - mu * math.exp(-spare * bound)) / (spare - mu)
        return (1 - waits) * math.exp(-mu * bound) + waits * stays

    def knee(self, bound: float, share: float = 0.01) -> float:
        """The rate at which that share is late."""
        low, high = 0.0, self.most
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if self.late(middle, bound) > share else (middle, high)
        return low

    def responses(self, rate: float, seconds: float, dice: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """When customers came, independently of each other, and how long each stayed; the queue is empty at first."""
        due = np.sort(dice.uniform(0, seconds, dice.poisson(rate * seconds)))
        takes = dice.exponential(self.mean, len(due)) if self.exponential else np.full(len(due), self.mean)
        free, stayed = [0.0] * self.servers, np.empty(len(due))
        heapify(free)
        for index, (at, needs) in enumerate(zip(due.tolist(), takes.tolist(), strict=True)):
            ends = max(free[0], at) + needs
            heapreplace(free, ends)
            stayed[index] = ends - at
        return due, stayed
