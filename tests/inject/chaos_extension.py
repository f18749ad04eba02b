"""A Chaos Toolkit extension, as one installs them: something to break, to mend and to look at."""

import os
import time
from pathlib import Path


def break_it(flag: str, noise: str = "") -> str:
    """Leaves a flag; prints, as an extension may."""
    print("an extension prints what it likes", noise)
    Path(flag).write_text(str(time.time()))
    return "broken"


def mend_it(flag: str, fails: int = 0, secrets: dict[str, str] | None = None) -> str:
    """Takes the flag away; fails as often as it is told to first."""
    tried = Path(f"{flag}.tried")
    count = int(tried.read_text()) if tried.exists() else 0
    if count < fails:
        tried.write_text(str(count + 1))
        raise RuntimeError("not this time")
    if secrets:
        Path(f"{flag}.secret").write_text(secrets["token"])
    Path(flag).unlink(missing_ok=True)
    return "mended"


def is_broken(flag: str) -> bool:
    return Path(flag).exists()


def sleepy(seconds: float) -> None:
    """Holds the interpreter."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        pass


def vanish() -> None:
    os._exit(3)
