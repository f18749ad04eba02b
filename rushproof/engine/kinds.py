"""Answers that fit nothing, by kind: few kinds a run, each told once at its end with how many there were."""

from collections import Counter

_MOST = 5
_ENOUGH = 2_000
"""answers that are looked at; where more are unknown, looking at each would cost the engine more than it tells"""
_OTHERS = ("", "")


class Kinds:
    """Counts of what the notes of a run say at its end."""

    def __init__(self) -> None:
        self._unknown: Counter[tuple[str, str]] = Counter()
        self._lacking: Counter[tuple[str, str]] = Counter()

    def add(self, step: str, shown: str) -> None:
        """An answer to a step that no rule knows, as it may be shown."""
        kind = (step, shown)
        self._unknown[kind if kind in self._unknown or len(self._unknown) < _MOST else _OTHERS] += 1

    def add_other(self) -> None:
        """One that was not looked at."""
        self._unknown[_OTHERS] += 1

    @property
    def curious(self) -> bool:
        """Whether unknown answers are still looked at."""
        return self._unknown.total() < _ENOUGH

    def lacks(self, step: str, field: str) -> None:
        """An `ok` answer without the field by which its promise is known."""
        self._lacking[step, field] += 1

    def notes(self) -> tuple[str, ...]:
        """One sentence a kind, with how often in the way that the notes of several workers are added up by."""
        told = {
            f"an answer to the step {step} fits no rule: {shown}" if shown else "another answer fits no rule": count
            for (step, shown), count in self._unknown.items()
        }
        told |= {
            f"the promise of {step} names {field}, which an ok answer did not hold": count for (step, field), count in self._lacking.items()
        }
        return tuple(f"{sentence} ({count} times)" if count > 1 else sentence for sentence, count in told.items())
