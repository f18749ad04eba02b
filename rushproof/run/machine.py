"""Where and with what a run is made: told in every artefact."""

import datetime as dt
import os
import platform
import secrets
from importlib import metadata

from rushproof.manifest import Machine

_PACKAGES = ("rushproof", "locust", "aiohttp", "uvloop", "httptools", "msgspec", "numpy", "duckdb")


def machine() -> Machine:
    """This machine; `cores` are those this process may use."""
    return Machine(
        system=platform.platform(),
        python=platform.python_version(),
        cores=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )


def versions() -> dict[str, str]:
    """The versions of what makes and measures the load."""
    return {name: metadata.version(name) for name in _PACKAGES}


def run_id(now: dt.datetime) -> str:
    """A stamp and four hex digits, such as `20220401T090000-1f3a`."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
