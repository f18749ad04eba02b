"""The run's histograms in HdrHistogram's log format, for the tools that read it.

One line an interval (a journal bucket) and distribution, tagged `crowd.step.outcome.distribution`; values in whole microseconds at two
significant digits, each of our buckets standing for its middle.  The log and the V2 encoding are those of HdrHistogram 2.1 (Gil Tene);
PyPI's `hdrhistogram` writes no tags, which is why the encoder is here.
"""

import base64
import datetime as dt
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rushproof.histogram import middle
from rushproof.journal.reader import read
from rushproof.journal.run_file import read_manifest
from rushproof.keyed import IntArray
from rushproof.summary import Cells, Key, Summary

DIGITS, HALF = 2, 128
"""two significant digits keep 256 sub-buckets, of which the upper 128 are used in every octave but the first"""
_HIGHEST = 2**37
_COOKIE, _COMPRESSED = 0x1C849303 | 0x10, 0x1C849304 | 0x10
_LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'


def hlog(folder: Path) -> bytes:
    """`histograms.hlog` of a run folder; FolderError where there is no run."""
    manifest = read_manifest(folder)
    summary = Summary.of(manifest, read(folder))
    started = dt.datetime.fromtimestamp(manifest.start, dt.UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    head = [
        f"#[rushproof {manifest.run}; values in microseconds]",
        "#[Histogram log format version 1.3]",
        f"#[StartTime: {manifest.start:.3f} (seconds since epoch), {started}]",
        f"#[BaseTime: {manifest.start:.3f} (seconds since epoch)]",
        _LEGEND,
    ]
    lines = sorted(line for key, cells in summary.cells.items() for line in _lines(key, cells, summary.resolution))
    return "\n".join([*head, *(line for _, line in lines), ""]).encode()


def encoded(values: IntArray, counts: IntArray) -> str:
    """A histogram of whole microseconds as V2, compressed, base64."""
    places = _places(values)
    row = np.bincount(places, weights=counts)
    payload = b"".join(_zigzag(number) for number in _runs(row.astype(np.int64).tolist()))
    plain = struct.pack(">iiiiqqd", _COOKIE, len(payload), 0, DIGITS, 1, _HIGHEST, 1.0) + payload
    packed = zlib.compress(plain)
    return base64.b64encode(struct.pack(">ii", _COMPRESSED, len(packed)) + packed).decode()


def _lines(key: Key, cells: Cells, resolution: float) -> Iterator[tuple[float, str]]:
    crowd, step, outcome, distribution = key
    tag = re.sub(r"[\s,]", "_", ".".join((crowd, step, outcome.word, distribution.word)))
    values = middle(cells.bucket) * 1e6
    starts = np.flatnonzero(np.diff(cells.at, prepend=-1))
    for first, last in zip(starts, [*starts[1:], len(cells.at)], strict=True):
        at, highest = float(cells.at[first]) * resolution, float(values[last - 1]) / 1e6
        text = encoded(np.floor(values[first:last] + 1e-3).astype(np.int64), cells.counts[first:last])
        yield at, f"Tag={tag},{at:.3f},{resolution:.3f},{highest:.6f},{text}"


def _places(values: IntArray) -> IntArray:
    """Where HdrHistogram counts each value: with e = ⌊log₂ v⌋ − 7 (0 below 256), at 128·(e + 1) + ⌊v / 2ᵉ⌋ − 128."""
    values = np.minimum(values, _HIGHEST)
    exponent: IntArray = np.maximum(np.frexp(values.astype(np.float64))[1] - 8, 0).astype(np.int64)
    return (exponent + 1) * HALF + (values >> exponent) - HALF


def _runs(counts: list[int]) -> Iterator[int]:
    """The counts, each run of zeros as its negative length."""
    zeros = 0
    for count in counts:
        if count == 0:
            zeros += 1
            continue
        if zeros:
            yield -zeros if zeros > 1 else 0
        zeros = 0
        yield count


def _zigzag(number: int) -> bytes:
    """ZigZag LEB128 with at most nine bytes."""
    rest, out = (number << 1) ^ (number >> 63), bytearray()
    while rest > 0x7F and len(out) < 8:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)
