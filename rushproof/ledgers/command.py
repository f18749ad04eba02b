"""A ledger that a command of the user's writes to its standard output, as CSV with a header."""

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from rushproof.errors import InputError, LoadError
from rushproof.ledgers.blanks import Span

PATIENCE = 600.0
"""wall seconds a command may take"""
_ENDING = 5.0


async def fetch(command: str, beside: Path, span: Span, file: Path, target: str = "", others: Mapping[str, str] = {}) -> None:
    """Runs the command in the scenario's folder, without a shell; LoadError where it fails or takes too long.

    RUSHPROOF_BEGIN and RUSHPROOF_END in its environment are the run's time in unix seconds, RUSHPROOF_TARGET is the target's
    URL where it is known, and RUSHPROOF_NAME that of the process NAME beside it (`others`).
    """
    try:
        words = shlex.split(command)
    except ValueError as problem:
        raise InputError(f"the command cannot be split into words: {problem}") from None
    if words and words[0] in ("python", "python3"):
        words[0] = sys.executable
    times = {"RUSHPROOF_BEGIN": f"{span.begin:.6f}", "RUSHPROOF_END": f"{span.end:.6f}", "RUSHPROOF_TARGET": target}
    times |= {f"RUSHPROOF_{name.upper()}": url for name, url in others.items()}
    with file.open("wb") as out:
        try:
            process = await asyncio.create_subprocess_exec(
                *words, cwd=beside, env={**os.environ, **times}, stdin=asyncio.subprocess.DEVNULL, stdout=out,
                stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as problem:
            raise LoadError(f"the command {words[0] if words else ''} cannot be started: {problem}") from None
        try:
            code = await asyncio.wait_for(process.wait(), PATIENCE)
        except TimeoutError:
            raise LoadError(f"the command {words[0]} did not end within {PATIENCE:g} s") from None
        finally:
            await _ended(process)
    if code:
        raise LoadError(f"the command {words[0]} ended with {code}, expected 0; run it by hand to see what it says")


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Nothing of it is left, its children neither."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _ENDING)
