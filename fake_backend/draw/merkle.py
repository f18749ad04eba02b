"""The Merkle tree of RFC 9162 over a file of leaf hashes: its root, and the path that proves a leaf to be in it.

A level is made of the one below by pairs; a node that is left over moves up as it is.  That is the tree of the RFC, whose left part is
always the largest power of two.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import BinaryIO, Final

SIZE: Final = 32
"""bytes of a hash"""
EMPTY: Final = sha256(b"").digest()
"""the root of no leaves"""
_PAIRS: Final = 1 << 14
"""that are read at once"""


def leaf(entry: bytes) -> bytes:
    """The hash of an entry, told apart from that of a node."""
    return sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two others."""
    return sha256(b"\x01" + left + right).digest()


def widths(leaves: int) -> list[int]:
    """How many nodes each level has, from the leaves up to the root."""
    found = [leaves]
    while found[-1] > 1:
        found.append((found[-1] + 1) // 2)
    return found


def grow(file: BinaryIO, leaves: int) -> bytes:
    """Write the levels above the leaves behind them into the file; the root."""
    levels = widths(leaves)
    start = 0
    for width, _ in pairwise(levels):
        above = (start + width) * SIZE
        for first in range(0, width, 2 * _PAIRS):
            count = min(2 * _PAIRS, width - first)
            file.seek((start + first) * SIZE)
            nodes = b"".join(_pairs(file.read(count * SIZE)))
            file.seek(above)
            above += file.write(nodes)
        start += width
    if not leaves:
        return EMPTY
    file.seek(start * SIZE)
    return file.read(SIZE)


def _pairs(level: bytes) -> Iterator[bytes]:
    one, two = SIZE, 2 * SIZE
    for at in range(0, len(level) - one, two):
        yield sha256(b"\x01" + level[at : at + two]).digest()
    if len(level) % two:
        yield level[-one:]


def siblings(leaves: int, index: int) -> list[int]:
    """Where in the file the hashes of the leaf's path lie, the lowest first."""
    found, start = [], 0
    for width in widths(leaves)[:-1]:
        if index ^ 1 < width:
            found.append(start + (index ^ 1))
        start, index = start + width, index // 2
    return found


def root(leaf_hash: bytes, index: int, leaves: int, path: Sequence[bytes]) -> bytes:
    """The root that a leaf at this place and its path come to; ValueError where the path has not the length it must have."""
    rest, found = list(path), leaf_hash
    for width in widths(leaves)[:-1]:
        if index ^ 1 < width:
            if not rest:
                raise ValueError("the path is too short")
            sibling = rest.pop(0)
            found = node(sibling, found) if index % 2 else node(found, sibling)
        index //= 2
    if rest:
        raise ValueError("the path is too long")
    return found
