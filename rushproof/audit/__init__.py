"""The audit: what must never be, asked of the run folder in SQL; every row that comes back is a violation."""

from rushproof.audit.auditor import audit
from rushproof.audit.invariant import Invariant, find, known, read_invariant

__all__ = ["Invariant", "audit", "find", "known", "read_invariant"]
