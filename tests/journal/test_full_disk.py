"""A disk that fills, by a limit on the size of a file; in a process of its own, since the limit cannot be lifted again."""

import subprocess
import sys
from pathlib import Path

from rushproof.journal import read, read_manifest
from rushproof.manifest import Ending

CHILD = """
import importlib.util, resource, sys
from pathlib import Path
import numpy as np
from rushproof.errors import LoadError
from rushproof.frame import ATTEMPT
from rushproof.journal import Journal

specification = importlib.util.spec_from_file_location("hand", sys.argv[1])
hand = importlib.util.module_from_spec(specification)
specification.loader.exec_module(hand)
journal = Journal.create(Path(sys.argv[2]), hand._manifest())
for seq in range(12):
    journal.append(hand._frame(seq))
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
rows = np.zeros(5000, ATTEMPT)
rows["person"] = np.random.default_rng(1).integers(0, 2**63, len(rows))
failures = 0
for seq in range(12, 40):
    try:
        journal.append(hand._frame(seq, attempts=rows.tobytes()))
    except LoadError as problem:
        failures += 1
        print(problem)
journal.close(hand._manifest())
print(failures, "failures")
"""


def test_a_disk_that_fills_ends_the_journal_and_keeps_what_there_was(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(Path(__file__).with_name("conftest.py")), str(tmp_path / "run")],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert "the journal could not be written after 1 segments of 10 s, which are kept" in done.stdout
    assert done.stdout.endswith("1 failures\n")
    manifest = read_manifest(tmp_path / "run")
    assert (manifest.ending, manifest.why[:24]) == (Ending.DISK, "the journal could not be")
    found = read(tmp_path / "run")
    assert (found.until, int(found.cells["count"].sum())) == (10.0, 50)
    assert found.gaps == ("of worker 0 the last frame never came",)
    assert not list((tmp_path / "run").rglob("*.part"))
