"""What a worker is told to do: everything of the scenario that the engine needs, with nothing left to look up."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from rushproof.arrivals import Shape
from rushproof.pace import Pace
from rushproof.persons import PersonsSpec
from rushproof.population import PopulationSpec
from rushproof.quantity import Count, Duration, decode, encode
from rushproof.rule import OutcomeWord, Rule
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
    cookies: bool = False
    """each visit keeps the cookies it is given and sends them back"""


class Transport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the target is reached, by the load and by the calls beside it.  Files are beside the scenario."""

    ca: str | None = None
    """a PEM file to trust beside the system's"""
    verify: bool = True
    certificate: str | None = None
    """a PEM file with the client's certificate, and its key unless `key` names another file"""
    key: str | None = None
    sni: str | None = None
    """the name that is told in the TLS handshake and looked for in the certificate, instead of the URL's"""
    resolve: str | None = None
    """the IP address to connect to, instead of what the URL's name resolves to"""
    proxy: str | None = None
    """an HTTP proxy, `http://host:port`; the environment's proxy variables are not looked at"""
    headers: Mapping[str, str] = {}
    """on every request of the load; `{token}` and `{id}` are the person's"""
    http: Literal["1.1", "2"] = "1.1"
    """2 goes through a second client, far slower than the first"""


class PromiseSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`seams.Promise` as a scenario writes it; what it leaves out is the persona's."""

    kind: str | None = None
    person: str | None = None
    round: str | None = None
    content: tuple[str, ...] | None = None
    sequence: str | None = None
    key: str | None = None


class StepSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scenario says of a persona's step: `seams.Step`; what it leaves out is the persona's."""

    promises: PromiseSpec | None = None
    outcomes: tuple[Rule, ...] | None = None
    """in order, the first that fits; before the persona's own and the default rules"""
    again: tuple[OutcomeWord, ...] | None = None
    gap: Duration | None = None
    timeout: Duration | None = None


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
    steps: Mapping[str, StepSpec] = msgspec.field(default_factory=dict)
    of: str | None = None
    """the crowd whose people come again"""
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
    persons: PersonsSpec | None = None
    """None: the population is derived; its files are absolute paths"""
    first_person: int = 0
    """where in the permuted population, or in the persons' file, this run's people begin"""
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
    addresses: tuple[str, ...] = ()
    """networks that the own host's address must be in, such as 10.0.0.0/8; none: any"""
    transport: Transport = Transport()
    trace: bool = False
    """tell every exchange with the target, masked, and do not wait where a person would think"""
    start: float = 0.0
    """unix time of the timetable's `from`"""

    @property
    def pace(self) -> Pace:
        """How scenario time goes on the wall."""
        return self.timetable.pace(self.speed)

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self, enc_hook=encode)

    @classmethod
    def decode(cls, data: bytes) -> "Plan":
        return msgspec.msgpack.decode(data, type=cls, dec_hook=decode)
