"""What can go wrong, by the question it answers.

    RushproofError
    ├── InputError            nothing was started, and what to mend is yours          exit 2
    │   ├── ScenarioError     a scenario or budget says something it cannot say
    │   ├── PersonaError      a locustfile does not load, or declares no such persona
    │   ├── TargetError       the target cannot be started, reached, or set
    │   ├── SafetyError       the load would leave this machine unasked
    │   └── FolderError       the run folder cannot be written or read
    └── LoadError             it ran, and cannot tell                                  exit 3
        ├── Interrupted       somebody asked it to end before its time
        └── FaultError        something could not be broken or mended as it should be

Anything else that escapes is a bug of ours (exit 4).
"""

import difflib
from collections.abc import Iterable

PASS, FAIL, NOT_STARTED, CANNOT_TELL, BUG = 0, 1, 2, 3, 4
"""The exit codes of every verb."""


class RushproofError(Exception):
    """Base of every error that has a sentence for the user; `exit_code` is what the command ends with."""

    exit_code = BUG


class InputError(RushproofError):
    """Nothing was started: the words, the files or the surroundings have to change first."""

    exit_code = NOT_STARTED


class ScenarioError(InputError):
    """A scenario or budget file says something that cannot be meant; names the file and the path in it."""

    def __init__(self, file: str, path: str, problem: str) -> None:
        super().__init__(f"{file}: {path}: {problem}" if path else f"{file}: {problem}")
        self.file, self.path, self.problem = file, path, problem


class PersonaError(InputError):
    """A locustfile cannot be loaded, or holds no persona, or not the one that was named."""


class TargetError(InputError):
    """The target cannot be started, does not answer, or refuses its clock."""


class SafetyError(InputError):
    """The load would go to a host that nobody said is theirs."""


class FolderError(InputError):
    """A run folder cannot be written, is not empty, or does not hold a run."""


class LoadError(RushproofError):
    """The run began and then lost a part of itself; what was journalled so far is kept."""

    exit_code = CANNOT_TELL


class Interrupted(LoadError):
    """Somebody asked for the end before there was one, so that nothing more is begun; what ran until then may still be judged."""

    def __init__(self, problem: str, exit_code: int = CANNOT_TELL) -> None:
        super().__init__(problem)
        self.exit_code = exit_code


class FaultError(LoadError):
    """A fault could not be begun, ended or confirmed; what was measured around it cannot be told."""


def nearest(word: str, known: Iterable[str]) -> str:
    """`, did you mean 'open'?` for the known word closest to `word`; otherwise the list of them, to be appended to a message."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(words)}" if words else ""
