"""The wheel alone, used from a folder that knows nothing of the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = "rushproof/catalogue"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    words = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--disable-pip-version-check",
        "--wheel-dir",
        folder,
        ROOT,
    ]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, timeout=100)
    return next(folder.glob("rushproof-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


def run(installed, cwd, *words):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run([sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, timeout=90, check=False)


def packed_names(wheel):
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


@pytest.mark.parametrize(
    ("kind", "pattern"), [("locustfiles", "*.py"), ("scenarios", "**/*.yaml"), ("scenarios", "**/*.sql"), ("dashboards", "*.json")]
)
def test_the_wheel_carries_the_catalogue(wheel, kind, pattern):
    files = {f"{CATALOGUE}/{path.relative_to(ROOT)}" for path in (ROOT / kind).glob(pattern)}

    assert files
    assert files <= packed_names(wheel)


def test_the_wheel_carries_nothing_else(wheel):
    tops = {name.split("/")[0] for name in packed_names(wheel)}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"rushproof", "fake_backend"}
    assert not [name for name in packed_names(wheel) if name.endswith(".pyc")]


def test_the_command_lists_the_packed_catalogue_from_another_folder(installed, tmp_path):
    found = run(installed, tmp_path, "-m", "rushproof", "scenarios")

    assert found.returncode == 0, found.stderr
    assert str(installed / CATALOGUE / "scenarios") in found.stdout
    assert "daily_reservation" in found.stdout


def test_a_rush_runs_from_the_wheel(installed, tmp_path):
    found = run(installed, tmp_path, "-m", "rushproof", "run", "smoke", "--out", "run")

    assert found.returncode == 0, found.stdout + found.stderr
    assert (tmp_path / "run" / "verdict.json").is_file()
