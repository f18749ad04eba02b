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
        """One sentence a kind."""
        unknown = (
            f"{count} more answers fit no rule" if shown is _OTHERS else f"of the step {step} {_answers(count)} no rule: {shown}"
            for (step, shown), count in self._unknown.items()
        )
        lacking = (
            f"the promise of {step} names {field}, which {count} ok answer{'s' if count > 1 else ''} did not hold"
            for (step, field), count in self._lacking.items()
        )
        return (*unknown, *lacking)


def _answers(count: int) -> str:
    return f"{count} answers fit" if count > 1 else "1 answer fits"
