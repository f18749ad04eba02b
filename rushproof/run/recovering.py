"""What a drill came to, from what its run folder holds: actions, the load, probes, and the queries that count."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rushproof.audit import ask, known
from rushproof.clocks import Recovery
from rushproof.errors import FolderError
from rushproof.journal import read_actions
from rushproof.manifest import Manifest
from rushproof.measures import Missing
from rushproof.recovery.whole import recovery_of
from rushproof.summary import Summary


def recovered(folder: Path, directories: Sequence[Path], manifest: Manifest, summary: Summary) -> Recovery | Missing:
    """The recovery of the run in `folder`; why there is none where the scenario has no drill, or where it cannot be computed."""
    drill = manifest.scenario.drill
    if drill is None:
        return Missing("the scenario has no drill")
    try:
        injections, marks = read_actions(folder)
        answers = ask(folder, manifest, drill.queries, known(directories))
        series = {name: answer.why or answer.rows for name, answer in answers.items()}
        found = recovery_of(drill, summary, injections, marks, summary.recorded.probes, series)
        return msgspec.convert(msgspec.to_builtins(found, enc_hook=_plain), Recovery)
    except FolderError as problem:
        return Missing(str(problem))
    except Exception as problem:  # a broken computation must cost the drill's own findings only, and never pass
        return Missing(f"it could not be computed: {type(problem).__name__}: {problem}")


def _plain(value: np.generic) -> Any:
    """A figure that NumPy computed as Python's own, which is the only kind that every renderer can write."""
    return value.item()
