"""A scenario's own commands around the load: `before` it, such as one that resets the data, and `after` it, however it ended."""

import asyncio
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rushproof.errors import InputError, TargetError
from rushproof.run.child import start_child
from rushproof.run.secret import masked, resolved
from rushproof.scenario import Scenario

LOG = "hooks.log"
LONGEST = 600.0
"""wall seconds that each command may take"""
GRACE = 5.0
_TAIL = 12


class Hooks:
    """The commands of one run.

    Each is split into words as a shell would, then its secrets are put in, and it is run without a shell in the scenario's folder, in the
    order they are written.  The environment also holds RUSHPROOF_TARGET (the target's URL), RUSHPROOF_NAME (that of the process NAME
    beside it), RUSHPROOF_RUN (the run's id) and RUSHPROOF_FOLDER (the run folder); what it prints goes to `hooks.log` there.  It ends with
    everything that it started.
    """

    def __init__(self, scenario: Scenario, beside: Path, folder: Path, longest: float = LONGEST) -> None:
        self._before, self._after = scenario.before, scenario.after
        self._beside, self._log, self._longest = beside, folder.resolve() / LOG, longest
        self._begun = False

    async def before(self, url: str, run: str, others: Mapping[str, str] = {}) -> None:
        """Runs what comes before the load; TargetError with its last words for the first that fails, and none is run after it."""
        self._begun = True
        await self._all("before", self._before, self._environment(url, run, others))

    async def after(self, url: str, run: str, others: Mapping[str, str] = {}) -> str:
        """Runs what comes after it, if `before` was begun: all of them, whatever each comes to; one sentence about those that failed."""
        if not self._begun:
            return ""
        failed = []
        for command in self._after:
            try:
                await self._all("after", (command,), self._environment(url, run, others))
            except InputError as problem:
                failed.append(str(problem))
        return "; ".join(failed)

    def _environment(self, url: str, run: str, others: Mapping[str, str]) -> Mapping[str, str]:
        return {**os.environ, **environment(url, run, others, self._log.parent)}

    async def _all(self, when: str, commands: Sequence[str], environment: Mapping[str, str]) -> None:
        for command in commands:
            with self._log.open("a") as log:
                log.write(f"{when}: {command}\n")
            said = self._log.stat().st_size
            words = [str(resolved(word, self._beside)) for word in shlex.split(command)]
            if words[0] in ("python", "python3"):
                words[0] = sys.executable
            child = await start_child(words, self._log, GRACE, environment=environment, folder=self._beside)
            try:
                async with asyncio.timeout(self._longest):
                    code = await child.ended()
            except TimeoutError:
                await child.stop()
                raise TargetError(f"{when}: {command}: not ended within {self._longest:g} s{self._words(said)}") from None
            finally:
                await child.stop()
                self._mask(said)
            if code:
                raise TargetError(f"{when}: {command}: ended with {code}, expected 0{self._words(said)}")

    def _mask(self, since: int) -> None:
        """A command that prints its own secret must not leave it in the run folder."""
        told = self._log.read_bytes()
        text = told[since:].decode(errors="replace")
        if (fit := masked(text)) != text:
            self._log.write_bytes(told[:since] + fit.encode())

    def _words(self, since: int) -> str:
        text = masked(self._log.read_bytes()[since:].decode(errors="replace"))
        lines = text.strip().splitlines()[-_TAIL:]
        return "; its last words:\n  " + "\n  ".join(lines) if lines else ""


def environment(url: str, run: str, others: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """What a command of the scenario is told of the run, beside what every process is."""
    beside = {f"RUSHPROOF_{name.upper()}": where for name, where in others.items()}
    return {**beside, "RUSHPROOF_TARGET": url, "RUSHPROOF_RUN": run, "RUSHPROOF_FOLDER": str(folder.resolve())}
