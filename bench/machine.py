"""What a figure was measured on: the cores, the limits, and what processes take of them."""

import os
import platform
import resource
import sys
from pathlib import Path
from typing import Any

CORES = sorted(os.sched_getaffinity(0))
GENERATOR, SERVER = CORES[0], CORES[-1]
"""one core each; the same one on a machine that has only one"""
_PAGE = os.sysconf("SC_PAGE_SIZE")


def raise_files() -> int:
    """Lets this process and those it starts open as many files as the system allows; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def described() -> dict[str, Any]:
    """The machine and the command, as they stand in every file of figures."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), ""
    )
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "processor": model,
        "cores": len(CORES),
        "memory": os.sysconf("SC_PHYS_PAGES") * _PAGE,
        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "load": os.getloadavg()[0],
        "command": " ".join(["python", "-m", _module(), *sys.argv[1:]]),
    }


def _module() -> str:
    """The name under which `python -m` was called."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name.removesuffix(".__main__") if spec else "bench"


def resident(pid: int) -> int:
    """Bytes of memory that a process holds now; 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def taken(pid: int) -> float:
    """Seconds of processor time that a process has had; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """The processes under `pid`, nearest first."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:
                continue
    return found[1:]


def named(pid: int, word: str) -> int | None:
    """The process under `pid` whose command line holds `word`; of several (one that starts it, one that guards it) the largest."""
    found = []
    for child in descendants(pid):
        try:
            if word in Path(f"/proc/{child}/cmdline").read_text().replace("\0", " "):
                found.append(child)
        except OSError:
            continue
    return max(found, key=resident, default=None)
