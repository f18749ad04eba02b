"""What may be shown of requests and answers: names and allowed words, never a value that could be somebody's."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.mask import MASK, is_word, masked_body, masked_headers, masked_path

NAMES = ("code", "msg", "data", "id", "list", "name")
SECRETS = st.one_of(st.text(min_size=4, max_size=40), st.integers(min_value=1000), st.floats(min_value=1000, allow_infinity=False))
TREES = st.recursive(
    SECRETS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)), max_leaves=12
)


def leaves(tree, path=""):
    if isinstance(tree, dict):
        for name, inner in tree.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(tree, list):
        for nth, inner in enumerate(tree):
            yield from leaves(inner, f"{path}.{nth}" if path else str(nth))
    else:
        yield path, str(tree)


def survives(value, text):
    """Whether any run of more than three characters of a value stands in a text beyond the names and the words of the mask itself."""
    for word in (*NAMES, " more", "bytes that are no JSON"):
        text = text.replace(word, MASK)
    return any(value[begin : begin + 4] in text for begin in range(len(value) - 3))


@given(TREES, st.sets(st.sampled_from(("code", "data.code", "id"))))
def test_no_value_of_a_body_survives_but_short_words_at_allowed_paths(tree, shown):
    allowed = [value for path, value in leaves(tree) if path in shown and is_word(value)]
    text = masked_body(json.dumps(tree).encode(), shown)
    for word in sorted(allowed, key=len, reverse=True):
        text = text.replace(word, MASK)
    for path, value in leaves(tree):
        if path not in shown:
            assert not survives(value, text), (path, value, text)


@given(st.binary(min_size=4, max_size=80))
def test_of_a_body_that_is_no_json_only_its_size_is_told(body):
    text = masked_body(body)
    assert not survives(body.decode("latin-1"), text)


def test_a_body_is_shown_with_its_names_and_the_words_that_rules_look_at():
    body = b'{"code": 9999, "msg": "\xe4\xbd\xa0\xe5\xa5\xbd", "data": {"id": 17, "rows": [{"a": 1}, 2]}, "ok": false, "left": null}'
    assert masked_body(body, ("code",), depth=1) == '{"code": 9999, "msg": "…", "data": {…}, "ok": false, "left": null}'
    assert masked_body(body) == '{"code": …, "msg": "…", "data": {"id": …, "rows": [{"a": …}, … 1 more]}, "ok": false, "left": null}'


@pytest.mark.parametrize("value", ["13800138000", "a" * 25, "two words", "用户", "a@b.cn", ""])
def test_a_long_or_odd_value_is_masked_even_where_a_rule_looks(value):
    assert masked_body(json.dumps({"code": value}).encode(), ("code",)) == '{"code": "…"}'


def test_a_name_that_is_an_id_is_masked_too():
    assert masked_body(b'{"13800138000": 1, "li@example.cn": 2, "code": 3}') == '{"…": …, "…": …, "code": …}'


def test_a_long_body_is_cut():
    assert len(masked_body(json.dumps([{f"name{nth}": 1 for nth in range(24)}] * 2).encode())) < 1300
    assert len(masked_body(json.dumps({f"n{nth}": {f"m{mth}": 1 for mth in range(24)} for nth in range(24)}).encode())) < 1300


@given(st.sampled_from(("authorization", "x-token", "cookie", "set-cookie", "location", "x-code", "etag")), SECRETS.map(str))
def test_no_value_of_a_header_survives_unless_its_name_is_allowed(name, value):
    value = value.replace("=", "").replace(";", "")
    (line,) = masked_headers([(name, value)])
    assert not survives(value, line.partition(": ")[2])


def test_headers_keep_their_names_and_terms():
    lines = [
        ("Content-Type", "application/json; charset=utf-8"), ("Authorization", "Bearer eyJhbGciOi"), ("X-Code", "SOLD_OUT"),
        ("X-Other", "SOLD_OUT"), ("Cookie", "SESSION=abcdef; theme=dark"), ("Set-Cookie", "SESSION=abcdef; Path=/; HttpOnly"),
        ("Retry-After", "2"), ("Server", "phone 13800138000"), ("13800138000", "x"),
    ]  # fmt: skip
    assert masked_headers(lines, ("X-Code",)) == (
        "content-type: application/json; charset=utf-8", "authorization: Bearer …", "x-code: SOLD_OUT",
        "x-other: …", "cookie: SESSION=…; theme=…", "set-cookie: SESSION=…",
        "retry-after: 2", "server: …", "…: …",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/v2/rounds/r1", "/api/v2/rounds/r1"),
        ("/persons/p000000000012/orders", "/persons/…/orders"),
        ("/orders/3f2b8c1e-6a52-4b1c-9d0e-7a8b9c0d1e2f", "/orders/…"),
        ("/users/alice/x", "/users/…/x"),
        ("/rounds?phone=13800138000&page=2&x", "/rounds?phone=…&page=…&…"),
        ("/", "/"),
    ],
)
def test_a_path_keeps_its_words_and_loses_ids_and_what_is_asked_for(path, shown):
    assert masked_path(path, ("alice",)) == shown


def test_a_person_without_a_token_hides_no_empty_segment():
    assert masked_path("/rounds/p1", ("p1", "")) == "/rounds/…"
