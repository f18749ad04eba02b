"""The register: what the notary saw and when, in a file that is only ever added to, a line a statement.

Each line holds the hash of the one before it, so that nothing can be taken out unseen; a statement is signed, and is in the file, synced,
before anybody is given it.
"""

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from fake_backend.draw.commitment import canonical
from fake_backend.facts import written
from fake_backend.lone import secret_beside
from fake_backend.notary.ed25519 import Key

_FIRST: Final = "0" * 64


class Register:
    """The register in one file; its key lies beside it, made when it is first opened."""

    def __init__(self, file: Path) -> None:
        self.key = Key(secret_beside(file))
        self._of: dict[str, list[dict[str, Any]]] = {}
        self._file = file.open("a+b")
        self._last, self._count = _FIRST, 0
        try:
            self._load()
        except ValueError:
            self._file.close()
            raise

    def stated(self, draw: str, commitment: dict[str, Any]) -> dict[str, Any] | None:
        """The statement about this very commitment, if it was made."""
        hashed = _hashed(commitment)
        return next((one for one in self._of.get(draw, []) if one["hash"] == hashed), None)

    def state(self, draw: str, commitment: dict[str, Any], at: float) -> dict[str, Any]:
        """Say, once and for good, that this commitment was seen at this moment."""
        statement = {"number": self._count + 1, "draw": draw, "hash": _hashed(commitment), "at": written(at)}
        statement["signature"] = self.key.sign(canonical(statement)).hex()
        line = canonical({**statement, "commitment": commitment, "previous": self._last}) + b"\n"
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._take(line)
        return statement

    def shown(self, draw: str, at: float) -> dict[str, Any]:
        """Everything that was ever seen for the draw, signed as being all of it at this moment."""
        statements = [{name: one[name] for name in ("number", "draw", "hash", "at", "signature")} for one in self._of.get(draw, [])]
        listing = {"draw": draw, "at": written(at), "statements": statements}
        signature = self.key.sign(canonical(listing)).hex()
        commitments = [one["commitment"] for one in self._of.get(draw, [])]
        return {**listing, "key": self.key.public.hex(), "signature": signature, "commitments": commitments}

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _load(self) -> None:
        """Read all statements; what a crash left of a line nobody was given, and it is cut off."""
        self._file.seek(0)
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            if json.loads(line)["previous"] != self._last:
                raise ValueError(f"statement {self._count + 1} does not follow the one before it: the file was changed")
            self._take(line)
            whole += len(line)
        self._file.truncate(whole)

    def _take(self, line: bytes) -> None:
        found = json.loads(line)
        self._of.setdefault(found["draw"], []).append(found)
        self._last, self._count = sha256(line).hexdigest(), self._count + 1


def _hashed(commitment: dict[str, Any]) -> str:
    return sha256(canonical(commitment)).hexdigest()
