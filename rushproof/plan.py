"""What a worker is told to do: everything of the scenario that the engine needs, with nothing left to look up."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from rushproof.arrivals import Shape
from rushproof.population import PopulationSpec
from rushproof.quantity import Count, Duration, decode, encode
from rushproof.timetable import Timetable


class Connections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How visits reach the target."""

    keep: Literal["pool", "visit"] = "pool"
    """`pool`: kept alive and shared; `visit`: each visit opens its own and closes it at its end"""
    cap: Count = Count(64)
    """the most connections of one worker; with `visit`, the most at once"""
    timeout: Duration = Duration(10)
    """wall time from sent to done; then the outcome is `doubt` for a write, `error` for a read"""
    connect_timeout: Duration = Duration(5)
    sources: tuple[str, ...] = ()
    """local addresses to send from, in turn; each has its own 28,000 ports"""
    ca: str | None = None
    """a PEM file to trust beside the system's"""
    verify: bool = True


class CrowdPlan(msgspec.Struct, frozen=True):
    """One crowd: `people` is already multiplied by the scale."""

    name: str
    persona: str
    """the locustfile's path"""
    people: int
    arrivals: Shape | None
    """None in a plain `locust -f` run, where Locust's user count is the rate"""
    settings: Mapping[str, Any] = msgspec.field(default_factory=dict)
    connections: Connections = Connections()
    users: int | None = None
    """how many run at once, of an ordinary Locust user; the engine has nothing to do with such a crowd"""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run as the engine sees it; the same for all workers but for `worker`."""

    run: str
    salt: str
    """hex; keys the hashes of ids and the idempotency keys of this run"""
    seed: int
    url: str
    crowds: tuple[CrowdPlan, ...]
    population: PopulationSpec
    first_person: int = 0
    """where in the permuted population this run's people begin"""
    timetable: Timetable
    scale: float = 1.0
    speed: float = 1.0
    resolution: Duration = Duration(1)
    """wall length of a journal bucket"""
    in_flight: Count = Count(1_000_000)
    """the most visits of one worker at once; an arrival beyond it is `missed`"""
    drain: Duration = Duration(30)
    """wall time that visits get to finish after the last arrival"""
    worker: int = 0
    workers: int = 1
    own_host: str = ""
    """a host beyond this machine that load may go to; the empty one allows loopback only"""
    start: float = 0.0
    """unix time of the timetable's `from`"""

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self, enc_hook=encode)

    @classmethod
    def decode(cls, data: bytes) -> "Plan":
        return msgspec.msgpack.decode(data, type=cls, dec_hook=decode)
