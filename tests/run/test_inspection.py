"""Locustfiles are the user's own: one that never comes back from its import is told, and its process ended."""

import asyncio
from pathlib import Path

import pytest

from rushproof.errors import PersonaError
from rushproof.run.inspection import inspect


def test_a_locustfile_that_is_never_loaded_is_told_and_its_process_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rushproof.run.inspection._PATIENCE", 1.0)
    waits = ("sh", "-c", f"echo $$ > {tmp_path / 'pid'}; exec sleep 600")

    with pytest.raises(PersonaError, match=r"stuck\.py, other\.py: not loaded within 1 s"):
        asyncio.run(inspect([(Path("stuck.py"), {}), (Path("other.py"), {}), (Path("stuck.py"), {})], waits))
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()
