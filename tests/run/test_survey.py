"""Which tables an invariant's query reads."""

import pytest

from rushproof import catalogue
from rushproof.audit import is_question
from rushproof.cli.reading import scenario_of
from rushproof.run.survey import here
from rushproof.run.tables import JOURNALLED, read_by, tables


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT * FROM ledger", ("ledger",)),
        ("select * from ledger l join rounds r on r.round = l.round", ("ledger", "rounds")),
        ("SELECT * FROM attempts a ANTI JOIN ledger USING (key), LATERAL (SELECT 1)", ("attempts", "ledger")),
        ("WITH told AS (SELECT 1 FROM ledger), again(x) AS MATERIALIZED (SELECT * FROM told) SELECT * FROM again JOIN told", ("ledger",)),
        ("SELECT a IS DISTINCT  FROM b.c, extract(year FROM l.at) FROM ledger l", ("ledger",)),
        ("SELECT ' from nowhere ' FROM ledger -- join nothing\nJOIN \"my seats\"", ("ledger", "my seats")),
        ("SELECT * FROM range(3) JOIN (SELECT * FROM orders)", ("orders",)),
    ],
)
def test_the_tables_behind_from_and_join(query: str, found: tuple[str, ...]) -> None:
    assert read_by(query) == found


def test_every_invariant_of_the_catalogue_reads_attempts_or_a_ledger() -> None:
    directories = (catalogue.folder(catalogue.SCENARIOS) / "audit",)
    names = [path.stem for path in directories[0].glob("*.sql") if not is_question(path)]
    found = tables(names, directories)

    assert set(found) == set(names)
    files = [scenario_of(entry.name, [])[0] for entry in catalogue.entries(catalogue.SCENARIOS, ".yaml")]
    fetched = {name for file in files for name in file.scenario.ledgers}
    assert {table for read in found.values() for table in read} <= fetched | set(JOURNALLED)


def test_this_machine_has_something_to_give() -> None:
    found = here()

    assert found.cores >= 1 and found.memory > 2**28 and found.ports > 1_000
