"""Answers that fit nothing, by kind: few kinds a run, each told once at its end with how many there were."""

from collections import Counter

_MOST = 5
_OTHERS = "and others"


class Kinds:
    """Counts of what the notes of a run say at its end."""

    def __init__(self) -> None:
        self._unknown: Counter[tuple[str, str]] = Counter()
        self._lacking: Counter[tuple[str, str]] = Counter()

    def add(self, step: str, shown: str) -> None:
        """An answer to a step that no rule knows, as it may be shown."""
        kind = (step, shown)
        self._unknown[kind if kind in self._unknown or len(self._unknown) < _MOST else ("", _OTHERS)] += 1

    def lacks(self, step: str, field: str) -> None:
        """An `ok` answer without the field by which its promise is known."""
        self._lacking[step, field] += 1

    def notes(self) -> tuple[str, ...]:
        """One sentence a kind, with how often in the way that the notes of several workers are added up by."""
        told = {
            "an answer of yet another kind fits no rule"
            if shown is _OTHERS
            else f"an answer to the step {step} fits no rule: {shown}": count
            for (step, shown), count in self._unknown.items()
        }
        told |= {
            f"the promise of {step} names {field}, which an ok answer did not hold": count for (step, field), count in self._lacking.items()
        }
        return tuple(f"{sentence} ({count} times)" if count > 1 else sentence for sentence, count in told.items())
