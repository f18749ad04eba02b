"""A ledger has one source, and no secret stands in a scenario."""

import pytest

from rushproof.errors import ScenarioError
from rushproof.scenario_file import read_scenario

TEXT = """\
about: Mine
target: {url: "http://127.0.0.1:8080"}
timetable: {from: open, to: open + 1s, moments: {open: 09:00}}
crowds:
  people: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 1s, rate: 5/s}}
"""
SECRET = "hunter2"

WRONG = [
    ("ledgers.ledger={}", "ledgers.ledger: expected exactly one of export, sql, file, http and command, found none"),
    ("ledgers.ledger={export: /l, file: l.csv}", "ledgers.ledger: expected exactly one of .*, found export and file"),
    ("ledgers.ledger={sql: SELECT 1}", "ledgers.ledger: 'dsn' is missing"),
    ("ledgers.ledger={file: l.csv, dsn: '${env:X}'}", "ledgers.ledger.dsn: expected 'sql' beside it"),
    (f"ledgers.ledger={{sql: SELECT 1, dsn: 'postgresql://me:{SECRET}@db/x'}}", "ledgers.ledger.dsn: a secret as it is: write"),
    (f"ledgers.ledger={{sql: SELECT 1, dsn: 'postgresql://me:{SECRET}@${{env:HOST}}/x'}}", "ledgers.ledger.dsn: a secret as it is: write"),
    (f"ledgers.ledger={{http: 'http://me:{SECRET}@db/x'}}", "ledgers.ledger.http: a secret as it is: write"),
    (f"ledgers.ledger={{command: 'psql postgresql://me:{SECRET}@db/x'}}", "ledgers.ledger.command: a secret as it is: write"),
    ("ledgers.led-ger={export: /l}", "ledgers.led-ger: expected a name that can stand in SQL"),
    (f"target.transport.headers={{Authorization: Bearer {SECRET}}}", "target.transport.headers.Authorization: a secret as it is: write"),
    (f"target.transport.headers={{cookie: sid={SECRET}}}", "target.transport.headers.cookie: a secret as it is: write"),
    (f"target.transport.headers={{X-Api-Key: {SECRET}}}", "target.transport.headers.X-Api-Key: a secret as it is: write"),
    (f"target.transport.headers={{x-session-token: {SECRET}}}", "target.transport.headers.x-session-token: a secret as it is: write"),
]
RIGHT = [
    "ledgers.ledger={sql: SELECT 1, dsn: '${env:LEDGER_DSN}'}",
    "ledgers.ledger={sql: SELECT 1, dsn: 'mysql://me:${file:password}@db:3306/x'}",
    "ledgers.ledger={command: './dump.sh ${env:LEDGER_DSN}'}",
    "ledgers.ledger={http: 'https://audit.example/l.csv?day=1'}",
    "target.transport.headers={authorization: 'Bearer {token}', cookie: '${env:COOKIE}', x-load-test: '1', x-author: me}",
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=[change.partition("=")[2][:50] for change, _ in WRONG])
def test_it_is_refused_in_its_place_and_not_repeated(change: str, said: str) -> None:
    path, _, value = change.partition("=")
    with pytest.raises(ScenarioError, match=said) as caught:
        read_scenario(TEXT, "mine.yaml", "mine", [(path, value)])

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("change", RIGHT)
def test_it_is_taken(change: str) -> None:
    path, _, value = change.partition("=")
    read_scenario(TEXT, "mine.yaml", "mine", [(path, value), ("persons", "{file: persons.csv, token: token}")])
