"""`python -m fake_backend.draw.verified URL`: what `verify_draw.py` says of every draw that a backend has published, as CSV.

Each bundle is fetched as any stranger would fetch it, and checked in a process of its own that is given nothing else.  Without a URL that
of RUSHPROOF_TARGET is taken: so an audit runs it.
"""

import csv
import io
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final
from urllib.parse import quote

_CHECKER: Final = Path(__file__).with_name("verify_draw.py")
_PATIENCE: Final = 300.0
_NOT_PUBLISHED: Final = (404, 409, 425)


def rounds(url: str) -> list[str]:
    """The names of all rounds there were."""
    with urllib.request.urlopen(f"{url}/ledger/rounds.csv?after=0&limit=100000", timeout=_PATIENCE) as answer:
        return [row["round"] for row in csv.DictReader(io.StringIO(answer.read().decode()))]


def bundle(url: str, round_: str, into: Path) -> bool:
    """Fetch the bundle of a round; False where none is published."""
    try:
        with urllib.request.urlopen(f"{url}/draws/{quote(round_)}/bundle", timeout=_PATIENCE) as answer, into.open("wb") as file:
            while piece := answer.read(1 << 20):
                file.write(piece)
    except urllib.error.HTTPError as problem:
        if problem.code in _NOT_PUBLISHED:
            return False
        raise
    return True


def checked(file: Path) -> tuple[bool, str]:
    """Whether the verifier is content, and the first line it says."""
    done = subprocess.run([sys.executable, "-I", str(_CHECKER), str(file)], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode == 0, lines[0].strip() if lines else ""


def main(arguments: list[str]) -> int:
    """Write a line for each published draw."""
    url = (arguments[0] if arguments else os.environ.get("RUSHPROOF_TARGET", "")).rstrip("/")
    if not url:
        print("expected the URL of a backend", file=sys.stderr)
        return 2
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("number", "round", "ok", "said"))
    with tempfile.TemporaryDirectory(prefix="verified-") as folder:
        file = Path(folder) / "bundle"
        for number, round_ in enumerate(rounds(url), 1):
            if bundle(url, round_, file):
                ok, said = checked(file)
                out.writerow((number, round_, str(ok).lower(), said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
