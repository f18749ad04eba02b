"""What several processes counted, put together: the same whichever of them is asked."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

import msgspec

from fake_backend.cache import Cache

_KEPT: Final = 30 * 86400.0
_SUMMED: Final = ("fake_backend_queue_depth",)
"""the gauges that add up; of the others the highest counts"""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict[str, int]).decode


class Counted(msgspec.Struct):
    """What one process, or all of them, counted: histograms as the counts of their buckets and their sum."""

    requests: dict[str, dict[int, tuple[list[int], float]]] = {}
    commit_seconds: tuple[list[int], float] = ([], 0.0)
    commit_rows: tuple[list[int], float] = ([], 0.0)
    outcomes: dict[str, int] = {}
    gauges: dict[str, float] = {}
    member: int = 0
    """which of the processes, where there are several"""


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
    if not other[0] and one:
        return one
    if one is None or not one[0]:
        return list(other[0]), other[1]
    return [a + b for a, b in zip(one[0], other[0], strict=True)], one[1] + other[1]


class Shares:
    """Keeps in the cache what each process counted, so that it outlives the process."""

    def __init__(self, cache: Cache, counted: Callable[[], Mapping[str, int]]) -> None:
        self._cache, self._counted = cache, counted
        self._carried: dict[str, int] = {}
        self.member = 0
        """this process's number among all that there ever were in this run; 0 until the cache has given it"""

    async def carry(self) -> None:
        """Bring what this process has counted so far: told twice, it is the same."""
        if not self.member:
            self.member = await self._cache.increment("members") or 0
        counted = dict(self._counted())
        new = self.member and counted != self._carried
        if new and await self._cache.put(f"counted:{self.member}", _encode(counted), _KEPT):
            self._carried = counted

    async def of_the_gone(self, living: Collection[int]) -> dict[str, int]:
        """What those had counted that are no more."""
        total: dict[str, int] = {}
        for member in range(1, (await self._cache.increment("members", 0) or 0) + 1):
            kept = None if member in living else await self._cache.get(f"counted:{member}")
            for code, count in (_decode(kept) if kept else {}).items():
                total[code] = total.get(code, 0) + count
        return total
