"""A number of things that cannot be cut, divided by weights."""

from collections.abc import Sequence


def apportioned(total: int, weights: Sequence[int]) -> list[int]:
    """The total in whole parts by the weights: each has its share rounded down, what is left goes to the largest remainders, of equal
    ones to the first."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda one: -(total * weights[one] % whole))
    for one in order[: total - sum(parts)]:
        parts[one] += 1
    return parts
