"""A set in memory that says where in the ledger a thing may stand: sixteen bytes an entry, whatever the thing's length.

    mark (64 bits)  ─┬─ low 10 bits: which shard
                     └─ high 32 bits: the tag, kept beside the sequence in one 64-bit slot: tag << 32 | sequence

Open addressing with linear probing (Knuth, TAOCP 3, §6.4, algorithm L).  Each shard doubles on its own when it is half full, so that
growing never holds up a request for more than about a millisecond.  Two things may share a mark: whoever finds a sequence here compares
with the ledger's row before believing it, which makes the answer exact, and an entry whose row was never stored harmless.
Seven million entries take 134 MB.
"""

from array import array
from typing import Self

import numpy as np

_SHARDS = 1024
_SHARD = _SHARDS - 1
_LOW = (1 << 32) - 1
_WORD = (1 << 64) - 1


def mark(thing: str | tuple[str, ...]) -> int:
    """64 bits for a thing; they differ from process to process, as the marks are made anew at every start."""
    return hash(thing) & _WORD


class Fingerprints:
    """From a mark to the sequences that may carry it; sequences run from 1 to 2³² − 1."""

    __slots__ = ("_shards", "_used")

    def __init__(self) -> None:
        self._shards = [array("Q", bytes(8 * 16)) for _ in range(_SHARDS)]
        self._used = [0] * _SHARDS

    @classmethod
    def of(cls, marks: "array[int]", sequences: "array[int]") -> Self:
        """Many at once, a second or two for millions.

        Every entry takes its first place if that is free, those who lost it their second, and so on: the places they end up in are
        such as adding them one by one in some order would have given.
        """
        every = np.frombuffer(marks, np.uint64)
        shards = every & np.uint64(_SHARD)
        used = np.bincount(shards.astype(np.int64), minlength=_SHARDS)
        size = max(16, 1 << (2 * int(used.max())).bit_length())
        tags = every >> np.uint64(32)
        entries = tags << np.uint64(32) | np.frombuffer(sequences, np.uint64)
        table = np.zeros(_SHARDS * size, np.uint64)
        begin, mask, step = shards * np.uint64(size), np.uint64(size - 1), np.uint64(0)
        while len(entries):
            places = begin + (tags + step & mask)
            free = table[places] == 0
            table[places[free]] = entries[free]
            left = table[places] != entries
            begin, tags, entries, step = begin[left], tags[left], entries[left], step + np.uint64(1)
        built = cls()
        built._shards = [array("Q", part.tobytes()) for part in table.reshape(_SHARDS, size)]
        built._used = used.tolist()
        return built

    def __len__(self) -> int:
        return sum(self._used)

    def find(self, mark: int) -> tuple[int, ...]:
        """The sequences that may carry the mark, lowest first; nearly always none or one."""
        slots = self._shards[mark & _SHARD]
        mask = len(slots) - 1
        tag = mark >> 32
        place = tag & mask
        found: tuple[int, ...] = ()
        while entry := slots[place]:
            if entry >> 32 == tag:
                found += (entry & _LOW,)
            place = (place + 1) & mask
        return found if len(found) < 2 else tuple(sorted(found))

    def add(self, mark: int, sequence: int) -> None:
        """Note that the row at `sequence` carries the mark."""
        shard = mark & _SHARD
        slots = self._shards[shard]
        mask = len(slots) - 1
        tag = mark >> 32
        place = tag & mask
        while slots[place]:
            place = (place + 1) & mask
        slots[place] = tag << 32 | sequence
        used = self._used[shard] = self._used[shard] + 1
        if used * 2 > mask:
            self._shards[shard] = _doubled(slots)


def twins(marks: "array[int]", sequences: "array[int]") -> list[int]:
    """The sequences that carry the mark of an earlier one: the same thing twice, or, once in some 10¹⁹ pairs, two things alike."""
    every = np.frombuffer(marks, np.uint64)
    ordered = np.sort(every)
    if not (ordered[1:] == ordered[:-1]).any():
        return []
    order = np.argsort(every, kind="stable")  # stable: of two alike the later one is the twin
    repeated = order[1:][every[order[1:]] == every[order[:-1]]]
    return sorted(np.frombuffer(sequences, np.uint64)[repeated].tolist())


def _doubled(slots: "array[int]") -> "array[int]":
    mask = 2 * len(slots) - 1
    wider = array("Q", bytes(8 * (mask + 1)))
    for entry in slots:
        if entry:
            place = entry >> 32 & mask
            while wider[place]:
                place = (place + 1) & mask
            wider[place] = entry
    return wider
