"""A YAML document as it was written: every scalar but `null` is text, every place knows its line.

YAML's own guesses (`10:00` a number, `on` a boolean) never happen, because nothing is resolved; a key written twice is refused.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from rushproof.errors import ScenarioError

Path = tuple[str, ...]


class Document(msgspec.Struct, frozen=True):
    """One file's tree of mappings, lists and texts."""

    file: str
    """how messages call it"""
    tree: dict[str, Any]
    lines: dict[Path, int]
    """where each place begins, from 1; places put in by `--set` have none"""
    arm: str = ""
    """the arm whose overlay is in the tree; mistakes are then shown under its name"""

    def error(self, path: Path, problem: str) -> ScenarioError:
        """The mistake at `path`, with its line where the file has one."""
        return ScenarioError(self.file, self._shown(path), _with_line(self.lines, path, problem))

    def errors(self, mistakes: list[tuple[Path, str]]) -> ScenarioError:
        """All mistakes of the file in one message, in the order of its lines."""
        if len(mistakes) == 1:
            return self.error(*mistakes[0])
        ordered = sorted(mistakes, key=lambda mistake: self.lines.get(mistake[0], 0))
        told = "".join(f"\n  {self._shown(path) or self.file}: {_with_line(self.lines, path, problem)}" for path, problem in ordered)
        return ScenarioError(self.file, "", f"{len(mistakes)} mistakes{told}")

    def _shown(self, path: Path) -> str:
        return dotted(("arms", self.arm, *path) if self.arm else path)

    def armed(self, arm: str) -> "Document":
        """The document as this arm has it: its overlay put over everything else, key by key; a `null` takes away what was there."""
        base = {key: value for key, value in _copy(self.tree).items() if key != "arms"}
        at = ("arms", arm)
        moved = {path[2:]: line for path, line in self.lines.items() if path[:2] == at and len(path) > 2}
        return Document(self.file, _merged(base, self.tree["arms"][arm]), {**self.lines, **moved}, arm)

    def changed(self, changes: list[tuple[str, str]]) -> "Document":
        """The document with `path=value` of the command line put in; the value is YAML, so that lists can be given too."""
        tree = _copy(self.tree)
        for path, value in changes:
            _put(tree, path, _value(path, value))
        return msgspec.structs.replace(self, tree=tree)


def read_document(text: str, file: str) -> Document:
    """The document of `text`; ScenarioError where it is no YAML or no mapping."""
    lines: dict[Path, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        tree = _built(node, (), lines, file) if node is not None else {}
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise ScenarioError(file, "", f"{where}not YAML: {problem.problem or problem.context}") from None
    except yaml.YAMLError as problem:
        raise ScenarioError(file, "", f"not YAML: {problem}") from None
    except RecursionError:
        raise ScenarioError(file, "", "nested too deeply, or an anchor holds itself") from None
    if not isinstance(tree, dict):
        raise ScenarioError(file, "", "expected keys and values, such as `about: …`")
    return Document(file, tree, lines)


def dotted(path: Path) -> str:
    """`crowds.reservers.arrivals`, as messages and `--set` write a place."""
    return ".".join(path)


def _with_line(lines: dict[Path, int], path: Path, problem: str) -> str:
    line = next((lines[upper] for upper in _upwards(path) if upper in lines), None)
    return problem if line is None else f"{problem} (line {line})"


def _upwards(path: Path) -> Iterator[Path]:
    for length in range(len(path), 0, -1):
        yield path[:length]


def _built(node: yaml.Node, path: Path, lines: dict[Path, int], file: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return None if node.style is None and node.value in ("null", "~") else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_built(item, (*path, str(nth)), lines, file) for nth, item in enumerate(node.value)]
    built: dict[str, Any] = {}
    for key, value in node.value:
        here = (*path, str(key.value))
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ScenarioError(file, dotted(path), f"expected a word as key (line {line})")
        if key.value in built:
            raise ScenarioError(file, dotted(here), f"written twice, first on line {lines[here]} (line {line})")
        lines[here] = line
        built[key.value] = _built(value, here, lines, file)
    return built


def _merged(tree: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    merged = dict(tree)
    for key, value in overlay.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _merged(below if isinstance(below := merged.get(key), dict) else {}, value)
        else:
            merged[key] = _copy(value)
    return merged


def _copy(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _copy(value) for key, value in tree.items()}
    return [_copy(value) for value in tree] if isinstance(tree, list) else tree


def _value(path: str, text: str) -> Any:
    return read_document(f"value: {text}" if text else "value: ''", f"--set {path}").tree["value"]


def _put(tree: Any, path: str, value: Any) -> None:
    flag, *keys = f"--set {path}", *path.split(".")
    if not all(keys):
        raise ScenarioError(flag, "", "expected a place such as crowds.reservers.people=500")
    here = tree
    for depth, key in enumerate(keys):
        last = depth == len(keys) - 1
        if isinstance(here, list):
            if not key.isdecimal() or int(key) >= len(here):
                raise ScenarioError(flag, "", f"{'.'.join(keys[:depth])} is a list of {len(here)}: expected a number from 0, found {key!r}")
            if last:
                here[int(key)] = value
            else:
                here = here[int(key)]
        elif isinstance(here, dict):
            if last:
                here[key] = value
            else:
                here = here.setdefault(key, {})
        else:
            raise ScenarioError(flag, "", f"{'.'.join(keys[:depth])} is the value {here!r} and has nothing inside")
