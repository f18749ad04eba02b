"""A harness apart from the tests, so that it can be killed and nothing else."""

import subprocess
import sys
from pathlib import Path

import msgspec

from rushproof.quantity import encode
from rushproof.run.options import Options
from rushproof.scenario import Scenario


def harness(scenario: Scenario, options: Options, folder: Path) -> "subprocess.Popen[bytes]":
    """Begin the run in a process of its own."""
    how = {"beside": str(options.beside), "target": options.target, "driver": options.driver, "inspector": options.inspector}
    command = [sys.executable, str(Path(__file__).with_name("harness_script.py")), str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode((scenario, how), enc_hook=encode))
    process.stdin.close()
    return process
