"""`:begin` and `:end` are filled in where SQL stands, and left alone everywhere else."""

import pytest

from rushproof.ledgers.blanks import Span, for_mysql, for_postgres

SPAN = Span(1795338000.25, 1795338060.0)
B, E = "1795338000.250000", "1795338060.000000"


@pytest.mark.parametrize(
    ("query", "filled"),
    [
        ("WHERE at >= :begin AND at < :end", f"WHERE at >= {B} AND at < {E}"),
        ("WHERE at BETWEEN to_timestamp(:begin)AND to_timestamp(:end)", f"WHERE at BETWEEN to_timestamp({B})AND to_timestamp({E})"),
        ("SELECT at::begin, :begin::float8", f"SELECT at::begin, {B}::float8"),
        ("SELECT ':begin', 'x'':end'", "SELECT ':begin', 'x'':end'"),
        (r"SELECT E'it\':begin', :end", rf"SELECT E'it\':begin', {E}"),
        (r"SELECT 'c:\', :end", rf"SELECT 'c:\', {E}"),
        ('SELECT ":begin" FROM "a"":end"', 'SELECT ":begin" FROM "a"":end"'),
        ("SELECT $$ :begin $$, $tag$ :end $$ $tag$, :end", f"SELECT $$ :begin $$, $tag$ :end $$ $tag$, {E}"),
        ("SELECT a[1:end], b[c]:begin -- :begin\n, :begin /* :end\n */", f"SELECT a[1:end], b[c]:begin -- :begin\n, {B} /* :end\n */"),
        ("SELECT :beginning, :ended", "SELECT :beginning, :ended"),
    ],
)
def test_in_postgresql(query: str, filled: str) -> None:
    assert for_postgres(query, SPAN) == filled


@pytest.mark.parametrize(
    ("query", "filled"),
    [
        ("WHERE at >= FROM_UNIXTIME(:begin)", f"WHERE at >= FROM_UNIXTIME({B})"),
        (r"SELECT 'it\':begin', :end", rf"SELECT 'it\':begin', {E}"),
        (r'SELECT "it\":begin", :end', rf'SELECT "it\":begin", {E}'),
        ("SELECT `:begin`, 1 # :begin\n, :begin", f"SELECT `:begin`, 1 # :begin\n, {B}"),
        ("SELECT 1--:begin", f"SELECT 1--{B}"),
        ("SELECT @x:=:end", f"SELECT @x:={E}"),
    ],
)
def test_in_mysql(query: str, filled: str) -> None:
    assert for_mysql(query, SPAN) == filled
