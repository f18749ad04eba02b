"""The audit: what must never be, asked of the run folder in SQL; every row that comes back is a violation."""

from rushproof.audit.auditor import audit
from rushproof.audit.invariant import Invariant, find, known, read_invariant
from rushproof.audit.question import Answer, Question, ask, is_question, read_question

__all__ = ["Answer", "Invariant", "Question", "ask", "audit", "find", "is_question", "known", "read_invariant", "read_question"]
