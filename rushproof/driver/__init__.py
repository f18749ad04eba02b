"""Locust carries the engine: its command line, web UI, master and workers, and its table.  Locust and gevent live in this room only.

What a locustfile needs is importable from here::

    from rushproof.driver import Crowd, Promise, Step
"""

from typing import TYPE_CHECKING, Any

from rushproof.persons import Token
from rushproof.population import Person
from rushproof.quantity import Count, Duration, Rate, Share
from rushproof.rule import Rule
from rushproof.sample import Outcome
from rushproof.seams import Answer, Promise, Request, Sample, Settings, Step, Target

if TYPE_CHECKING:
    from rushproof.driver.crowd import Crowd

__all__ = [
    "Answer", "Count", "Crowd", "Duration", "Outcome", "Person", "Promise", "Rate", "Request", "Rule", "Sample", "Settings", "Share",
    "Step", "Target", "Token",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """`Crowd` is made when a locustfile asks for it: what it derives from depends on whether Locust is loaded by then."""
    if name == "Crowd":
        from rushproof.driver.crowd import Crowd

        return Crowd
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
