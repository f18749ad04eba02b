"""Texts that stand for numbers and truths, where a file goes on to somebody who needs them as such.

A scenario's scalars are all read as text.  What is not ours to type (the body of a switch, a proxy's toxics, the arguments of an
activity) is sent on as JSON, so that `300` has to be a number there and `true` no word.
"""

from typing import Any

import msgspec

_WORDS = {"true": True, "false": False, "null": None}


def typed(tree: Any) -> Any:
    """The tree with every text that JSON would read as a number, `true`, `false` or `null` as that."""
    if isinstance(tree, dict):
        return {key: typed(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [typed(value) for value in tree]
    return _scalar(tree) if isinstance(tree, str) else tree


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if not text or text[0] not in "-0123456789":
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
