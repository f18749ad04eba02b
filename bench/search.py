"""The highest rate at which something still holds, found with few tries."""

from collections.abc import Callable


def highest(holds: Callable[[float], bool], start: float, tries: int = 8, close: float = 0.03) -> float:
    """Half as much again until it no longer holds, then the geometric middle until both ends are within `close`; 0 where nothing held."""
    low, high = 0.0, 0.0
    rate = start
    for _ in range(tries):
        if holds(rate):
            low = rate
        else:
            high = rate
        if not high:
            rate = low * 1.5
        elif not low:
            rate = high / 2
        elif high / low < 1 + close:
            break
        else:
            rate = float((low * high) ** 0.5)
    return low
