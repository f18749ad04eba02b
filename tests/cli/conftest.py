"""The command, called as the shell calls it, and one real run to judge and report again."""

import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import msgspec
import pytest

from rushproof.cli.main import main

sys.path.insert(0, str(Path(__file__).parent))  # for `scripted`


class Said(msgspec.Struct, frozen=True):
    """What a command ended with."""

    code: int
    out: str
    err: str


@pytest.fixture
def rushproof() -> Callable[..., Said]:
    """The command in this process: quick, for verbs that make no load."""

    def called(*words: str) -> Said:
        out, err = io.TextIOWrapper(io.BytesIO(), write_through=True), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = main(words)
            except SystemExit as ended:  # argparse's
                code = int(ended.code or 0)
        return Said(code, out.buffer.getvalue().decode(), err.getvalue())

    return called


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[Said, Path]:
    """One real run of the catalogue's smoke, and its folder; started as a user does, from another folder than the checkout."""
    here = tmp_path_factory.mktemp("smoke")
    done = subprocess.run(
        [sys.executable, "-m", "rushproof", "run", "smoke", "--out", "run"],
        cwd=here,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr), here / "run"


@pytest.fixture
def recorded(smoke: tuple[Said, Path], tmp_path: Path) -> Path:
    """A copy of that run's folder, to do with as one likes."""
    return Path(shutil.copytree(smoke[1], tmp_path / "recorded"))
