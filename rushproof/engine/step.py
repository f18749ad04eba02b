"""A step as its calls look it up: what its answers mean, what it promises, how long it may take."""

from collections.abc import Callable, Mapping

from rushproof.errors import PersonaError, nearest
from rushproof.field import number_reader, text_reader
from rushproof.mask import MASK, is_word
from rushproof.meaning import Meaning
from rushproof.sample import VISIT, Outcome
from rushproof.seams import Persona, Promise, Step


class StepState:
    """A step with its number and everything its calls look up.

    `heeded`: every answer is read through, because there are cookies in it or somebody wants to see it.  `drafted`: each request is put
    together anew before it is sent.
    """

    __slots__ = (
        "again",
        "content_fields",
        "elaborate",
        "gap",
        "index",
        "key",
        "known_reads",
        "known_writes",
        "meaning",
        "name",
        "person_field",
        "promises",
        "remembers",
        "round_field",
        "sequence",
        "timeout",
    )

    def __init__(
        self, name: str, step: Step, index: int, *, speed: float, timeout: float, heeded: bool = False, drafted: bool = False
    ) -> None:
        self.name, self.index = name, index
        self.promises: Promise | None = step.promises
        promise = step.promises or Promise("nothing")
        self.person_field, self.round_field, self.content_fields = promise.person, promise.round, promise.content
        self.sequence: Callable[[bytes], int] = number_reader(promise.sequence)
        """the ledger's sequence that an answer's body names, −1 where it names none"""
        self.key: Callable[[bytes], str | None] | None = text_reader(promise.key) if promise.key else None
        """what an answer's body calls that which it promises"""
        self.meaning = Meaning(step.outcomes)
        self.remembers = not heeded and self.key is None
        """whether an answer whose status says it all needs no reading"""
        self.known_reads = dict(self.meaning.known) if self.remembers else {}
        self.known_writes = dict(self.known_reads)
        """by status; the default rules are filled in as they are met"""
        self.again = tuple(outcome in step.again for outcome in Outcome)
        """by outcome"""
        self.gap = step.gap / speed
        """wall seconds; of scenario time where the speed changes on the way"""
        self.timeout = timeout if step.timeout is None else step.timeout
        dotted = any("." in field for field in (promise.person, promise.round, *promise.content))
        self.elaborate = drafted or dotted or self.key is not None
        """whether making a call takes more than the few things that most steps need"""

    @property
    def read_through(self) -> "StepState":
        """The same step with nothing known by status: for a call whose every answer has to be looked at."""
        copy = StepState.__new__(StepState)
        for name in self.__slots__:
            setattr(copy, name, getattr(self, name))
        copy.known_reads, copy.known_writes, copy.remembers = {}, {}, False
        return copy


class Steps(dict[str, StepState]):
    """By name; an undeclared one is the persona's mistake, and said so."""

    def __init__(self, persona: type[Persona], states: Mapping[str, StepState]) -> None:
        super().__init__(states)
        self._persona = persona.__name__

    def __missing__(self, name: str) -> StepState:
        shown = repr(name) if is_word(name) else MASK  # a name that was made up on the way may be a person's
        raise PersonaError(f"{self._persona} has no step {shown}{nearest(name, self)}")


def step_names(crowds: Mapping[str, type[Persona]]) -> tuple[tuple[str, str], ...]:
    """The steps of a run in the order of their numbers: each crowd's own, then its `visit`."""
    return tuple((crowd, step) for crowd, persona in crowds.items() for step in (*persona.steps, VISIT))
