"""An invariant as a file: its sentence, what it looks at, and a query whose every row is a violation.

    -- No acknowledged reservation is missing from the ledger.
    -- over: acknowledged
    SELECT a.* FROM acknowledged a ANTI JOIN ledger USING (sequence)

The file's stem is its name.  The first comment is the sentence; `over:` names the table whose rows it is asked of (none there: unknown).
Where they stand, `needs:` names columns without which nothing can be said (`ledger.at, rounds.open`), because their source may not tell
them; `needs whole:` names a table that must not lack a row for a violation to be one.
A query that raises `error('…')` finds that nothing can be said, and says why.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from rushproof.errors import ScenarioError, nearest

_DIRECTIVE = re.compile(r"--\s*(over|needs whole|needs):\s*(\S.*?)\s*$")
_COLUMN = re.compile(r"(\w+)\.(\w+)")


class Invariant(msgspec.Struct, frozen=True):
    """One thing that must never be."""

    name: str
    sentence: str
    over: str
    query: str
    whole: str | None = None
    """a table of which a missing row would look like a violation"""
    needs: tuple[tuple[str, str], ...] = ()
    """tables and columns that must be told"""


def read_invariant(path: Path) -> Invariant:
    """The invariant of a file; ScenarioError where it has no sentence, does not say what it looks at, or holds no query."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ScenarioError(str(path), "", f"cannot be read: {problem}") from None
    lines = text.strip().splitlines()
    sentence = lines[0].removeprefix("--").strip() if lines and lines[0].startswith("--") else ""
    if not sentence or _DIRECTIVE.match(lines[0]):
        raise ScenarioError(str(path), "", "expected its sentence as a comment in the first line: `-- No … is …`")
    said = {found[1]: found[2] for found in map(_DIRECTIVE.match, lines) if found}
    if "over" not in said:
        raise ScenarioError(str(path), "", "expected a line that says what it looks at, such as `-- over: acknowledged`")
    query = "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip().rstrip(";")
    if not query:
        raise ScenarioError(str(path), "", "expected a query whose every row is a violation, found comments only")
    return Invariant(path.stem, sentence, said["over"], query, said.get("needs whole"), _needs(path, said.get("needs", "")))


def _needs(path: Path, text: str) -> tuple[tuple[str, str], ...]:
    found = [_COLUMN.fullmatch(word.strip()) for word in text.split(",") if word.strip()]
    if not all(found):
        raise ScenarioError(
            str(path), "", f"expected columns with their tables, such as `-- needs: ledger.at, rounds.open`, found {text!r}"
        )
    return tuple((one[1], one[2]) for one in found if one)


def find(names: Iterable[str], directories: Sequence[Path]) -> tuple[Invariant, ...]:
    """The invariants of these names, the first directory that holds one winning; ScenarioError for a name that is nowhere."""
    paths = known(directories)
    for name in names:
        if name not in paths:
            raise ScenarioError("audit", name, f"no invariant {name!r}{nearest(name, paths)}")
    return tuple(read_invariant(paths[name]) for name in names)


def known(directories: Sequence[Path]) -> dict[str, Path]:
    """Every invariant there is, by name."""
    return {path.stem: path for directory in reversed(directories) for path in sorted(directory.glob("*.sql"))}
