"""Fields by dotted path, as bodies write them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.field import looked_up, number_reader, text_reader, worded

NAMES = st.sampled_from(("a", "b", "data", "code", "0", "1", "数"))
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


def walked(tree, names):
    for name in names:
        if isinstance(tree, dict) and name in tree:
            tree = tree[name]
        elif isinstance(tree, list) and name.isdecimal() and int(name) < len(tree):
            tree = tree[int(name)]
        else:
            return None
    if isinstance(tree, dict | list):
        return None
    return tree if isinstance(tree, str) else json.dumps(tree)


@given(TREES, st.lists(NAMES, min_size=1, max_size=3))
def test_a_text_is_what_walking_the_whole_body_would_have_found(tree, names):
    assert text_reader(".".join(names))(json.dumps(tree).encode()) == walked(tree, names)


@given(TREES, st.lists(NAMES, min_size=1, max_size=3))
def test_a_number_is_the_text_where_that_is_a_whole_number_from_zero(tree, names):
    text = walked(tree, names)
    expected = int(text) if text is not None and text.isascii() and text.isdecimal() else -1
    assert number_reader(".".join(names))(json.dumps(tree).encode()) == expected


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": ', b"[" * 100_000, b"\xff\xfe", b"null", b"3"])
def test_what_is_no_json_or_holds_nothing_has_no_field(body):
    for path in ("a", "a.b", "0.a"):
        assert text_reader(path)(body) is None
        assert number_reader(path)(body) == -1


def test_numbers_are_told_as_they_are_written():
    assert text_reader("a")(b'{"a" : 1.50 }') == "1.50"
    assert number_reader("a")(b'{"a": 1.5}') == -1
    assert number_reader("a")(b'{"a": "9007199254740993"}') == 9007199254740993
    assert number_reader("a")(b'{"a": 99999999999999999999}') == -1


def test_what_was_sent_is_looked_up_in_mappings_structs_lists_and_bytes():
    assert looked_up({"order": {"lines": [{"sku": "x"}]}}, "order.lines.0.sku") == "x"
    assert looked_up({"a.b": 1, "a": {"b": 2}}, "a.b") == 1
    assert looked_up(b'{"a": {"b": "c"}}', "a.b") == "c"
    assert looked_up(None, "a") is looked_up({"a": None}, "a.b") is looked_up({"a": [1]}, "a.7") is None


@pytest.mark.parametrize(("value", "text"), [(None, ""), ("", ""), ("m", "m"), (True, "true"), (False, "false"), (5, "5"), (2.5, "2.5")])
def test_a_field_is_worded_as_a_ledgers_text_would_have_it(value, text):
    assert worded(value) == text
