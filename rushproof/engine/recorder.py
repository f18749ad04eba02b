"""What happened, written down as cheaply as can be: facts to the tally, attempts as packed rows, lags for the engine's own health."""

import os
import struct
import traceback
from array import array
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from rushproof.engine.kinds import Kinds
from rushproof.errors import PersonaError
from rushproof.frame import ATTEMPT, Exchange
from rushproof.pseudonym import content, key, pseudonym
from rushproof.sample import Outcome
from rushproof.tally import NEVER, Tally, code

if TYPE_CHECKING:
    import asyncio

    from rushproof.engine.call import Call
    from rushproof.engine.errand import Errand

_attempt = struct.Struct("<qHQHQQdddBBq")
assert _attempt.size == ATTEMPT.itemsize
_HOUSE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_ENDLESS = 65_535
_FULL = 1 << 18
"""bytes of attempts: a quarter of a megabyte is sent in a fraction of a millisecond, two at once would hold up a turn for several"""


class Recorder:
    """The facts of one worker since they were last taken."""

    def __init__(self, steps: int, resolution: float, start: float, salt: bytes) -> None:
        self.tally = Tally(steps, resolution, start)
        self._facts = self.tally.samples.extend
        self._visit_facts = self.tally.visits.extend
        self.start = start
        self.lags = array("d")
        """ready − planned of every call that became ready, for the health of this second"""
        self.unmapped = 0
        self._attempts = bytearray()
        self._rounds: dict[str, int] = {}
        self._notes: dict[str, int] = {}
        self.kinds = Kinds()
        """of answers, for the notes at the end"""
        self.exchanges: list[Exchange] = []
        """what was said, where the plan asks for it"""
        self.pseudonym, self.key = partial(pseudonym, salt), partial(key, salt)
        self.content = lru_cache(65_536)(lambda values: content(salt, values))
        """the keyed hash of a promise's content; there are few shops and many persons"""

    def sample(self, call: "Call | Errand", last: bool) -> None:
        """One try that ended."""
        step = call.step.index
        self._facts((call.due, call.planned, call.ready, call.sent, call.done, (step * 8 + call.outcome) * 2.0 + last))
        pledge = call.pledge
        if pledge is not None:
            start = self.start
            self._attempts += _attempt.pack(
                call.visit.number, step, *pledge,
                call.due - start, call.sent - start, call.done - start, call.outcome, last, call.sequence,
            )  # fmt: skip

    def visit(self, step: int, outcome: Outcome, arrival: float, stretch: float) -> None:
        """One visit that ended, was missed, or is cut off."""
        self._visit_facts((arrival, stretch, (step * 8 + outcome) * 2.0 + 1.0))

    def missed(self, step: int, due: float) -> None:
        """A first step that was never begun."""
        self.tally.samples.extend((due, due, NEVER, NEVER, due, code(step, Outcome.MISSED, True)))

    def round(self, name: str) -> int:
        """The round's number in the frames of this worker."""
        number = self._rounds.get(name)
        if number is None:
            number = min(len(self._rounds), _ENDLESS)
            if number == _ENDLESS:
                name = "…"  # a persona that makes rounds up must not fill the memory
            self._rounds[name] = number
        return number

    def named(self, number: int) -> str:
        """The round of a number."""
        return next((name for name, known in self._rounds.items() if known == number), "")

    def raised(self, crowd: str, error: BaseException) -> None:
        """A persona's visit ended in an exception; each kind is told once, with its place and count.

        What it says may name a person or hold a token, so only our own errors are quoted.
        """
        said = f": {error}" if isinstance(error, PersonaError) else ""
        self.note(f"a visit of {crowd} raised {type(error).__name__}{said} ({_place(error)})")

    def astray(self, loop: "asyncio.AbstractEventLoop", context: Mapping[str, Any]) -> None:
        """The loop's handler of what nobody caught: told by kind and place, and by the frames in the log, never by what it says."""
        error = context.get("exception")
        if error is None:
            return self.note(f"asyncio says: {context['message']}")
        traceback.print_tb(error.__traceback__)
        return self.note(f"beside the visits {type(error).__name__} was raised ({_place(error)})")

    def note(self, sentence: str) -> None:
        """Something a person should be told; what is told again is counted."""
        self._notes[sentence] = self._notes.get(sentence, 0) + 1

    @property
    def full(self) -> bool:
        """Whether so many attempts have gathered that they should go ahead of the second's frame."""
        return len(self._attempts) >= _FULL

    def take_attempts(self) -> tuple[bytes, tuple[str, ...]]:
        """The attempt rows since they were last taken, and the rounds they refer to."""
        rows, self._attempts = bytes(self._attempts), bytearray()
        return rows, tuple(self._rounds) if rows else ()

    def take_notes(self, *, final: bool = False) -> tuple[str, ...]:
        """What was noted since they were last taken; at the end also what was counted through the whole run."""
        notes = tuple(f"{note} ({count} times)" if count > 1 else note for note, count in self._notes.items())
        self._notes = {}
        return (*notes, *self.kinds.notes()) if final else notes

    def take_exchanges(self) -> tuple[Exchange, ...]:
        taken, self.exchanges = tuple(self.exchanges), []
        return taken


def _place(error: BaseException) -> str:
    """`visit, line 12`: the innermost line of the user's own, neither ours nor a library's."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "nowhere"
    own = [frame for frame in frames if not frame.filename.startswith(_HOUSE) and "site-packages" not in frame.filename]
    place = (own or frames)[-1]
    return f"{place.name}, line {place.lineno}"
