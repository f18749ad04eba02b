"""Whether a scenario's ledgers can be meant, and whether its secrets are written where they belong: in the environment or in a file."""

import re
from collections.abc import Iterator

from rushproof.document import Path
from rushproof.scenario import LedgerSpec, Scenario

Mistakes = Iterator[tuple[Path, str]]

SOURCES = ("export", "sql", "file", "http", "command")
_REFERENCE = re.compile(r"\$\{(?:env|file):[^}]+\}")
_PASSWORD = re.compile(r"://[^/@]*:[^/@]+@|[?&](?:password|pwd)=[^&]+", re.IGNORECASE)
_TELLING = re.compile(r"authori[sz]ation|cookie|token|secret|passw|session|signature|api-?key|\bauth\b", re.IGNORECASE)
_INSTEAD = "write ${env:NAME} or ${file:PATH} and keep it out of the scenario"


def ledger_mistakes(scenario: Scenario) -> Mistakes:
    """Each ledger that has no source or several, and each secret that is written down; the sentence never repeats it."""
    for name, spec in scenario.ledgers.items():
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            yield ("ledgers", name), "expected a name that can stand in SQL: letters, digits and underscores"
        yield from _source(spec, ("ledgers", name))
    for name, value in scenario.target.transport.headers.items():
        if _TELLING.search(name) and not _REFERENCE.search(value) and "{token}" not in value:
            yield ("target", "transport", "headers", name), f"a secret as it is: {_INSTEAD}, or {{token}} for the person's own"


def _source(spec: LedgerSpec, path: Path) -> Mistakes:
    given = [source for source in SOURCES if getattr(spec, source) is not None]
    if len(given) != 1:
        found = f"found {' and '.join(given)}" if given else "found none"
        yield path, f"expected exactly one of {', '.join(SOURCES[:-1])} and {SOURCES[-1]}, {found}"
    if spec.sql is not None and spec.dsn is None:
        yield path, "'dsn' is missing: which database the query is for, as ${env:NAME}"
    if spec.dsn is not None and spec.sql is None:
        yield (*path, "dsn"), "expected 'sql' beside it: the query that it is for"
    if spec.dsn is not None and (not _REFERENCE.search(spec.dsn) or _PASSWORD.search(_REFERENCE.sub("", spec.dsn))):
        yield (*path, "dsn"), f"a secret as it is: {_INSTEAD}"
    for source in ("command", "http"):
        if _PASSWORD.search(_REFERENCE.sub("", getattr(spec, source) or "")):
            yield (*path, source), f"a secret as it is: {_INSTEAD}"
