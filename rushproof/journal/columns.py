"""From a source's columns to a ledger's: which it must have, what they are called here, and how each is read."""

from collections.abc import Sequence

from rushproof import pseudonym
from rushproof.errors import LoadError
from rushproof.scenario import LedgerSpec

_DEFAULT = LedgerSpec()
_WHOLE = r"[+-]?\d+"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_TIMES = ("at", "open", "close")
_CANONICAL = ("sequence", "person", "round", "key", "content", "at")
_MOST_NAMES = 30


def check_columns(spec: LedgerSpec, columns: Sequence[str], sure: bool) -> None:
    """LoadError where a column that the audit needs is not among a source's.

    `sure`: the names are a schema's; the first line of a text may be no header at all, and then hold ids, which are not repeated.
    """
    missing = [f"{column} ({why})" for column, why in _needed(spec) if column not in columns]
    if spec.person is not None and spec.key not in columns and spec.sequence not in columns:
        either = " or ".join(dict.fromkeys(column for column in (spec.sequence, spec.key) if column))
        missing.append(f"{either} (by which acknowledged_is_kept and nothing_unasked find a row)")
    if not missing:
        return
    known = {spec.person, spec.round, spec.key, spec.sequence, spec.at, *spec.content, *spec.keep}
    if not sure and not known.intersection(columns):
        came = f"its first line has {len(columns)} fields and names none of them: is it a header?"
    else:
        more = ", …" if len(columns) > _MOST_NAMES else ""
        came = f"it has {', '.join(columns[:_MOST_NAMES])}{more}"
    raise LoadError(f"no column {' and no column '.join(missing)}; {came}")


def _needed(spec: LedgerSpec) -> list[tuple[str, str]]:
    """The columns that must be there and why: those that say who and what, and every one that the scenario gives a name of its own."""
    if spec.person is None:
        return []
    needed = [(spec.person, "person: by which a row is this run's, and every invariant about persons")]
    needed += [(column, "content: acknowledged_is_kept and nothing_unasked compare it") for column in spec.content]
    for role, column in (("round", spec.round), ("sequence", spec.sequence), ("at", spec.at), ("key", spec.key)):
        if column and column != getattr(_DEFAULT, role):
            needed.append((column, f"named as {role}"))
    return list(dict(needed).items())


def picked(spec: LedgerSpec, columns: Sequence[str], salt: bytes) -> list[str]:
    """The expressions of a SELECT over the source.

    A table with persons has `sequence`, `person`, `round`, `key`, `content` and `at`: NULL in every row where the source has no such
    column; where it has and a row tells nothing, the round is empty and the key 0.  Then come the other columns of `keep`.
    """
    if spec.person is None:
        names = {spec.sequence: "sequence", spec.round: "round", spec.at: "at"}
        return [_kept(column, names.get(column, column)) for column in columns if column in spec.keep or column in names]
    taken = {spec.person, spec.round, spec.key, spec.sequence, spec.at, *spec.content, *_CANONICAL}
    return [
        f"{_whole(spec.sequence)} AS sequence" if spec.sequence in columns else "NULL::BIGINT AS sequence",
        f"CASE WHEN {_told(spec.person)} <> '' THEN {pseudonym.sql_of(salt, _told(spec.person))} END AS person",
        f"{_told(spec.round)} AS round" if spec.round in columns else "NULL::VARCHAR AS round",
        f"{_key(spec.key, salt)} AS key" if spec.key and spec.key in columns else "NULL::UBIGINT AS key",
        f"{pseudonym.sql_of(salt, *map(_told, spec.content))} AS content" if spec.content else "NULL::UBIGINT AS content",
        f'{_time(spec.at)} AS "at"' if spec.at in columns else 'NULL::DOUBLE AS "at"',
        *(_kept(column, column) for column in columns if column in spec.keep and column not in taken),
    ]


def _kept(column: str, name: str) -> str:
    if name in _TIMES:
        return f"{_time(column)} AS {_quoted(name)}"
    return f"{_whole(column)} AS sequence" if name == "sequence" else f"{_quoted(column)} AS {_quoted(name)}"


def _key(column: str, salt: bytes) -> str:
    return f"CASE WHEN {_told(column)} = '' THEN 0::UBIGINT ELSE {pseudonym.key_sql_of(salt, _told(column))} END"


def _whole(column: str) -> str:
    text = f"trim({_told(column)})"
    number = f"TRY_CAST(nullif(regexp_extract({text}, '^{_WHOLE}$'), '') AS BIGINT)"
    return f"CASE WHEN {text} <> '' THEN coalesce({number}, {_error(column, 'is no whole number; another kind of key is a `key:`')}) END"


def _time(column: str) -> str:
    text = f"trim({_told(column)})"
    timestamp = f"coalesce(epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)) / 1e6, {_error(column, 'is neither unix seconds nor a timestamp')})"
    return (
        f"CASE WHEN {text} = '' THEN NULL WHEN regexp_full_match({text}, '{_NUMBER}') THEN TRY_CAST({text} AS DOUBLE) ELSE {timestamp} END"
    )


def _error(column: str, problem: str) -> str:
    return "error('a value of " + column.replace("'", "''") + f" {problem}')"


def _told(column: str) -> str:
    """A column as text; nothing, however it is said, is the empty one."""
    return f"coalesce({_quoted(column)}::VARCHAR, '')"


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
