"""Which tables the claimed invariants look at."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rushproof.audit import find
from rushproof.outlook import JOURNALLED

__all__ = ["JOURNALLED", "read_by", "tables"]

_READS = re.compile(r'(?<!distinct )\b(?:from|join)\s+("[^"]+"|\w+\b)(?!\s*[(.])', re.IGNORECASE)
_WITH = re.compile(r"(?:\bwith(?:\s+recursive)?|,)\s*(\w+)\s*(?:\([^)]*\)\s*)?as\s+(?:materialized\s+)?\(", re.IGNORECASE)
_SAID = re.compile(r"--[^\n]*|'(?:[^']|'')*'")


def tables(claimed: Sequence[str], directories: Sequence[Path]) -> Mapping[str, tuple[str, ...]]:
    """By claimed invariant, the tables that it looks at and that its query reads."""
    return {one.name: tuple(dict.fromkeys((one.over, *read_by(one.query)))) for one in find(dict.fromkeys(claimed), directories)}


def read_by(query: str) -> tuple[str, ...]:
    """The tables behind each FROM and JOIN of a query, those that it makes itself (WITH) left out; functions are no tables."""
    bare = " ".join(_SAID.sub(" ", query).split())
    own = {name.lower() for name in _WITH.findall(bare)}
    named = (name.strip('"') for name in _READS.findall(bare))
    return tuple(dict.fromkeys(name for name in named if name.lower() not in own))
