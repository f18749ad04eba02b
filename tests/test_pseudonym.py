import duckdb
from hypothesis import given
from hypothesis import strategies as st

from rushproof.pseudonym import content, key, key_sql, pseudonym, sql

SALT = bytes.fromhex("00ff10a7")
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)


def in_duckdb(salt, *values, expression=sql):
    columns = [f"column{nth}" for nth in range(len(values))]
    row = ", ".join(f'?::VARCHAR AS "{column}"' for column in columns)
    with duckdb.connect() as database:
        found = database.execute(f"SELECT {expression(salt, *columns)} FROM (SELECT {row})", list(values)).fetchone()
    assert found is not None
    return found[0]


def test_an_id_has_the_same_pseudonym_in_every_release():
    assert pseudonym(SALT, "p000000000017") == 4011840768111144831


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_duckdb_computes_what_python_computes(values):
    assert in_duckdb(SALT, *values) == content(SALT, tuple(values))


def test_one_column_is_the_pseudonym_itself():
    assert in_duckdb(SALT, "茅台 p1") == pseudonym(SALT, "茅台 p1")


def test_nothing_promised_is_nothing_on_both_sides():
    with duckdb.connect() as database:
        assert database.execute(f"SELECT {sql(SALT)}").fetchone() == (content(SALT, ()),) == (0,)


def test_another_salt_gives_another_pseudonym():
    assert pseudonym(SALT, "p1") != pseudonym(b"other", "p1")


def test_fields_do_not_run_into_each_other():
    assert content(SALT, ("ab", "c")) != content(SALT, ("a", "bc"))


@given(st.one_of(TEXTS, st.integers(0, 2**64 - 1).map("{:016x}".format)))
def test_a_key_has_the_same_number_on_both_sides(text):
    assert in_duckdb(SALT, text, expression=key_sql) == key(SALT, text)


def test_a_key_of_our_own_making_stands_for_itself_and_a_foreign_one_is_hashed():
    assert key(SALT, "00000000000000ff") == 255
    assert key(SALT, "order-00000000000000ff") == pseudonym(SALT, "order-00000000000000ff")
    assert key(SALT, "00000000000000FF") == pseudonym(SALT, "00000000000000FF")
