"""The arithmetic of the draw, against the RFC's own definitions and what chance would give."""

import hashlib
import hmac
import io
import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from fake_backend.draw import lottery, merkle, verify_draw
from fake_backend.draw.entry import Pen, tag

# The tree over these eight entries is the worked example that implementations of RFC 6962 and 9162 have in common.
ENTRIES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def grown(leaves):
    file = io.BytesIO(b"".join(leaves))
    return file, merkle.grow(file, len(leaves))


def defined(leaves):
    """MTH, as RFC 9162 defines it."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + defined(leaves[:half]) + defined(leaves[half:])).digest()


def test_the_trees_of_the_known_example_have_the_known_roots():
    leaves = [merkle.leaf(entry) for entry in ENTRIES]

    assert {count: grown(leaves[:count])[1].hex() for count in ROOTS} == ROOTS


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 700))
def test_a_tree_of_any_size_is_the_rfcs_and_every_leaf_is_proved_to_be_in_it(count):
    leaves = [merkle.leaf(str(number).encode()) for number in range(count)]
    file, root = grown(leaves)
    text = file.getvalue()
    index = count * 7 // 11
    path = [text[at * 32 : at * 32 + 32] for at in merkle.siblings(count, index)]

    assert root == defined(leaves)
    assert merkle.root(leaves[index], index, count, path) == root
    assert verify_draw.root_of(leaves[index], index, count, list(path)) == root
    if path:
        assert verify_draw.root_of(leaves[index], index, count, path[:-1]) is None
        assert merkle.root(leaves[index - 1], index, count, path) != root


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40), st.sampled_from((4, 8, 16)))
def test_a_tree_in_chunks_is_the_tree(count, chunk):
    leaves = [merkle.leaf(str(number).encode()) for number in range(count)]
    roots = [verify_draw.root_over(leaves[at : at + chunk]) for at in range(0, count, chunk)]

    assert verify_draw.root_over(roots) == defined(leaves)


def test_a_tree_larger_than_what_is_read_at_once_is_the_tree():
    leaves = [merkle.leaf(str(number).encode()) for number in range((1 << 15) + 3)]

    assert grown(leaves)[1] == defined(leaves)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=1, max_size=64))
def test_a_tag_is_the_first_half_of_the_hmac(salt, person):
    assert tag(salt, person) == hmac.new(salt, person, "sha256").hexdigest()[:32]


def test_nobody_elses_tag_is_alike_and_no_tag_of_another_draw():
    pens = [Pen(f"2022-04-0{day}.r1", "Treasure 500 ml", b"secret") for day in (1, 2)]
    tags = [tag(pen.salt(person), person) for pen in pens for person in (b"p1", b"p2")]

    assert len(set(tags)) == 4


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 300), st.integers(1, 4), st.integers(0, 90), st.integers(0, 2**32))
def test_the_smallest_scores_of_each_shop_win_whatever_the_order_in_which_entries_come(count, shops, keep, chance):
    made = [(f"s{number % shops}".encode(), merkle.leaf(str(number).encode()), number) for number in range(count)]
    seed = hashlib.sha256(str(chance).encode()).digest()
    wanted = {f"s{shop}": keep for shop in range(shops)}
    shuffled = random.Random(chance).sample(made, len(made))
    scored = {
        shop: sorted((hashlib.sha256(seed + leaf).digest(), leaf, entrant) for of, leaf, entrant in made if of == shop.encode())[:keep]
        for shop in wanted
    }

    assert lottery.drawn(seed, made, wanted) == lottery.drawn(seed, shuffled, wanted) == (scored if keep else {})


def test_equal_scores_are_told_apart_by_their_leaves():
    urn = lottery.Urn(1)
    for leaf in (b"b", b"a", b"c"):
        urn.put(b"same", leaf, ord(leaf))

    assert urn.best() == [(b"same", b"a", 97)]


def test_early_and_late_entries_and_those_of_all_devices_win_alike():
    """χ² over twenty strata of entry order, a fixed seed: 19 degrees of freedom, 43.8 is exceeded once in a thousand."""
    count, winners, strata = 20_000, 2_000, 20
    made = [(b"s", merkle.leaf(f"entry {number}".encode()), number) for number in range(count)]
    best = lottery.drawn(hashlib.sha256(b"a beacon's round").digest(), made, {"s": winners})["s"]
    won = Counter(number * strata // count for _, _, number in best)
    expected = winners / strata

    assert sum((won[stratum] - expected) ** 2 / expected for stratum in range(strata)) / (1 - winners / count) < 43.8
