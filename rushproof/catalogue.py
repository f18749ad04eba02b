"""What comes with the harness: scenarios, locustfiles, invariants and dashboards, as files; and how a name becomes a path.

A bare name is the catalogue's; anything with `/`, or with the ending of its kind, is a path.
"""

from pathlib import Path

import msgspec

from rushproof.errors import PersonaError, ScenarioError, nearest

SCENARIOS, LOCUSTFILES, DASHBOARDS = "scenarios", "locustfiles", "dashboards"


class Entry(msgspec.Struct, frozen=True):
    """One thing of the catalogue."""

    name: str
    path: Path


def folder(kind: str) -> Path:
    """Where the catalogue's files of a kind lie: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    packed = package / "catalogue" / kind
    return packed if packed.is_dir() else package.parent / kind


def entries(kind: str, ending: str) -> tuple[Entry, ...]:
    """What the catalogue holds of a kind, by name."""
    found = sorted(folder(kind).glob(f"*{ending}"))
    return tuple(Entry(path.stem, path) for path in found if not path.name.startswith("_"))


def scenario(word: str) -> Path:
    """The file of a scenario's name or path; ScenarioError where there is none."""
    if _is_path(word, ".yaml", ".yml"):
        path = Path(word)
        if not path.is_file():
            raise ScenarioError(word, "", "no such file")
        return path
    known = {entry.name: entry.path for entry in entries(SCENARIOS, ".yaml")}
    if word not in known:
        raise ScenarioError(word, "", f"no such scenario in the catalogue{nearest(word, known)} (a path has a / or ends in .yaml)")
    return known[word]


def persona(word: str, beside: Path) -> Path:
    """The locustfile of a persona's name, or of a path relative to the folder `beside`; PersonaError where there is none."""
    if _is_path(word, ".py"):
        path = beside / word
        if not path.is_file():
            raise PersonaError(f"{word}: no such file beside the scenario ({path})")
        return path
    known = {entry.name: entry.path for entry in entries(LOCUSTFILES, ".py")}
    if word not in known:
        raise PersonaError(f"no persona {word!r} in the catalogue{nearest(word, known)}")
    return known[word]


def audits(*places: Path) -> tuple[Path, ...]:
    """The folders that invariants are looked up in: `audit/` in each place (beside a scenario, in a run folder), then the catalogue's."""
    found = [*(place / "audit" for place in places), folder(SCENARIOS) / "audit"]
    return tuple(path for path in dict.fromkeys(path.resolve() for path in found) if path.is_dir())


def _is_path(word: str, *endings: str) -> bool:
    return "/" in word or word.endswith(endings)
