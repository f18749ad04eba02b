"""What an answer means where its status alone does not say: rules over status, headers and fields of a JSON body."""

from collections.abc import Mapping
from typing import Any, Literal, Self

import msgspec

OutcomeWord = Literal["ok", "refused", "blocked", "shed", "error", "doubt"]
"""What an answer can come to; `unfinished` and `missed` are never said by one."""


class Statuses(str):
    """HTTP statuses as people write them: `200`, `2xx`, or several with spaces between: `409 410 5xx`."""

    __slots__ = ("known",)
    known: frozenset[int]

    @classmethod
    def read(cls, text: str) -> Self:
        """The statuses of `text`, or ValueError with what was expected."""
        statuses = cls(text.strip())
        statuses.known = frozenset(number for word in text.split() for number in _numbers(word, text))
        if not statuses.known:
            raise _unread(text)
        return statuses


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a step's `outcomes`: an answer that is like this comes out so.  Whatever a rule does not name it does not look at.

    `body` is by dotted path into the JSON body that came back (`data.code`), `headers` by name; each value is one text or a list of
    them, compared with the field as it would be written in YAML (`0`, `true`, `SOLD_OUT`).
    """

    outcome: OutcomeWord
    status: Statuses | None = None
    headers: Mapping[str, Any] = {}
    body: Mapping[str, Any] = {}


def _numbers(word: str, text: str) -> range:
    if len(word) == 3 and word[1:] == "xx" and word[0] in "12345":
        return range(int(word[0]) * 100, int(word[0]) * 100 + 100)
    if word.isdecimal() and 100 <= int(word) < 600:
        return range(int(word), int(word) + 1)
    raise _unread(text)


def _unread(text: str) -> ValueError:
    return ValueError(f"expected HTTP statuses such as 200, 2xx or 409 410, found {text!r}")
