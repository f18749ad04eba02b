"""The export, against bytes that PyPI's `hdrhistogram` 0.10.8 made of the same values."""

import base64
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rushproof.journal import Journal
from rushproof.journal.hdr import encoded, hlog

REFERENCE = "HISTFAAAACh4nJNpmSzMwMDAyQABTFCaEYgVQAz7DxCB44xsK9lYXvPyAQBiuQUp"


def plain(text: str) -> bytes:
    """The encoding without its compression, which differs by the zlib that made it."""
    return zlib.decompress(base64.b64decode(text)[8:])


def test_the_encoding_is_that_of_the_reference() -> None:
    assert plain(encoded(np.array([100, 1000, 123456]), np.array([3, 2, 7]))) == plain(REFERENCE)
    assert encoded(np.array([5]), np.array([1])).startswith("HISTFAAA")


@given(st.dictionaries(st.integers(0, 2**37), st.integers(1, 2**40), min_size=1, max_size=30))
def test_every_value_is_counted_where_a_reader_finds_it_again(counts: dict[int, int]) -> None:
    found = decoded(encoded(np.array(sorted(counts)), np.array([counts[value] for value in sorted(counts)])))

    assert sum(found.values()) == sum(counts.values())
    for value in counts:
        assert any(low <= value < low + size for low, size in found)


def decoded(text: str) -> dict[tuple[int, int], int]:
    """The counts by (lowest value, size) of their place, read as HdrHistogram's V2 says."""
    payload, found, place, position = plain(text)[40:], {}, 0, 0
    while position < len(payload):
        number = shift = 0
        for nth in range(9):
            byte = payload[position]
            position += 1
            number |= (byte if nth == 8 else byte & 0x7F) << shift
            shift += 7
            if nth == 8 or byte < 0x80:
                break
        number = (number >> 1) ^ -(number & 1)
        if number < 0:
            place -= number
            continue
        octave = max(place // 128 - 1, 0)
        if number:
            found[(place - 128 * octave) << octave, 1 << octave] = number
        place += 1
    return found


def test_a_run_becomes_a_log_with_a_line_an_interval_and_tag(tmp_path: Path, make_manifest: Any, make_frame: Any) -> None:
    journal = Journal.create(tmp_path / "run", make_manifest())
    for seq in range(3):
        journal.append(make_frame(seq))
    journal.close(make_manifest())

    lines = hlog(tmp_path / "run").decode().splitlines()

    assert lines[1] == "#[Histogram log format version 1.3]"
    assert lines[2].startswith("#[StartTime: 1795338000.000 (seconds since epoch), ")
    rows = [line.split(",") for line in lines[5:]]
    assert [row[:3] for row in rows] == [["Tag=reservers.reserve.ok.response", f"{at}.000", "1.000"] for at in range(3)]
    assert decoded(rows[0][4]) == {(value, 1): 1 for value in range(100, 105)}
