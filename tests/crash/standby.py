"""Starts a command, and starts it again whenever it is killed: what a service manager does.  The child's id stands in a file.

python standby.py FILE command …
"""

import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType


def main(file: Path, command: list[str]) -> int:
    """The exit code of the command, once it ended by itself or because this process was asked to end."""
    children: list[subprocess.Popen[bytes]] = []

    def ended(number: int, _: FrameType | None) -> None:
        for child in children[-1:]:
            child.send_signal(number)

    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGINT, ended)
    for _ in range(50):
        with subprocess.Popen(command) as child:
            children.append(child)
            aside = file.with_suffix(".part")
            aside.write_text(str(child.pid))
            aside.replace(file)
            code = child.wait()
        if code != -signal.SIGKILL:
            return code
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
