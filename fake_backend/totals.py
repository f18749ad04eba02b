"""What several processes counted, put together: the same whichever of them is asked."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from fake_backend.cache import Cache

_SUMMED = ("fake_backend_queue_depth",)
"""the gauges that add up; of the others the highest counts"""


class Counted(msgspec.Struct):
    """What one process, or all of them, counted: histograms as the counts of their buckets and their sum."""

    requests: dict[str, dict[int, tuple[list[int], float]]] = {}
    commit_seconds: tuple[list[int], float] = ([], 0.0)
    commit_rows: tuple[list[int], float] = ([], 0.0)
    outcomes: dict[str, int] = {}
    gauges: dict[str, float] = {}


def together(every: Iterable[Counted]) -> Counted:
    """All of them as one."""
    total = Counted()
    for each in every:
        for route, tally in each.requests.items():
            mine = total.requests.setdefault(route, {})
            for status, buckets in tally.items():
                mine[status] = _added(mine.get(status), buckets)
        total.commit_seconds = _added(total.commit_seconds, each.commit_seconds)
        total.commit_rows = _added(total.commit_rows, each.commit_rows)
        for code, count in each.outcomes.items():
            total.outcomes[code] = total.outcomes.get(code, 0) + count
        for name, value in each.gauges.items():
            so_far = total.gauges.get(name)
            total.gauges[name] = value if so_far is None else so_far + value if name in _SUMMED else max(so_far, value)
    return total


def _added(one: tuple[list[int], float] | None, other: tuple[list[int], float]) -> tuple[list[int], float]:
    if one is None or not one[0]:
        return list(other[0]), other[1]
    return [a + b for a, b in zip(one[0], other[0], strict=True)], one[1] + other[1]


class Shares:
    """Carries what this process counted to the cache, where it outlives the process."""

    def __init__(self, cache: Cache, counted: Callable[[], Mapping[str, int]]) -> None:
        self._cache, self._counted = cache, counted
        self._carried: dict[str, int] = {}

    async def carry(self) -> None:
        """Bring what is new."""
        for code, count in list(self._counted().items()):
            new = count - self._carried.get(code, 0)
            if new and await self._cache.increment(f"outcome:{code}", new) is not None:
                self._carried[code] = count

    async def totals(self, known: Mapping[str, int]) -> dict[str, int]:
        """What all processes counted, those that are gone too; of a code that the cache does not tell, what is `known`."""
        found: dict[str, Any] = {code: await self._cache.increment(f"outcome:{code}", 0) for code in known}
        return {code: known[code] if count is None else max(count, known[code]) for code, count in found.items()}
