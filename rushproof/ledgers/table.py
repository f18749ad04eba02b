"""A ledger that lies beside the scenario as a Parquet or CSV file."""

from pathlib import Path

from rushproof.errors import LoadError


def found(beside: Path, word: str) -> Path:
    """The file, which is read where it lies; LoadError where there is none."""
    path = beside / word
    if not path.is_file():
        raise LoadError(f"{word}: no such file beside the scenario")
    return path
