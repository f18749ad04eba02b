"""What the target itself wrote, brought here: one source a file, and each gives a CSV with a header or a Parquet file.

What is brought lies in a private scratch folder, never in the run folder: it holds raw ids.
"""

from rushproof.ledgers.blanks import Span

__all__ = ["Span"]
