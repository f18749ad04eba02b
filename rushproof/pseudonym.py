"""Keyed hashes of ids: what stands in the journal instead of a person, a key or a content.

SHA-256 of the run's salt and the text, its first eight bytes as a number: DuckDB computes the same over a whole ledger, so that both
sides of the audit meet without a raw id having been stored.  The salt lies in the run folder in a file of its own; who has a run
folder without it cannot test a guess.
"""

import hashlib
import re
import struct

_first_number = struct.Struct(">Q24x").unpack
_OWN_KEY = re.compile("[0-9a-f]{16}")
_JOINT = "\x1f"


def pseudonym(salt: bytes, text: str) -> int:
    """The 64-bit keyed hash of an id."""
    (number,) = _first_number(hashlib.sha256(salt + text.encode()).digest())
    return int(number)


def key(salt: bytes, text: str) -> int:
    """The number of an idempotency key: our own are sixteen hex digits of chance and stand for themselves, any other is hashed."""
    return int(text, 16) if _OWN_KEY.fullmatch(text) else pseudonym(salt, text)


def content(salt: bytes, values: tuple[str, ...]) -> int:
    """The keyed hash of what was promised: the named fields in order, joined by U+001F; 0 where there are none."""
    return pseudonym(salt, _JOINT.join(values)) if values else 0


def sql(salt: bytes, *columns: str) -> str:
    """The same as a DuckDB expression over text columns."""
    return sql_of(salt, *(f'"{column}"' for column in columns))


def sql_of(salt: bytes, *texts: str) -> str:
    """The same over DuckDB expressions that are texts."""
    if not texts:
        return "0::UBIGINT"
    joined = f" || chr({ord(_JOINT)}) || ".join(texts)
    return f"('0x' || substr(sha256(from_hex('{salt.hex()}') || encode({joined})), 1, 16))::UBIGINT"


def key_sql(salt: bytes, column: str) -> str:
    """`key` as a DuckDB expression."""
    return key_sql_of(salt, f'"{column}"')


def key_sql_of(salt: bytes, text: str) -> str:
    """The same over a DuckDB expression that is a text."""
    own = f"regexp_full_match({text}, '{_OWN_KEY.pattern}')"
    return f"CASE WHEN {own} THEN ('0x' || {text})::UBIGINT ELSE {sql_of(salt, text)} END"
