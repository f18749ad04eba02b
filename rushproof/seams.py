"""The architecture on one card: what a persona declares, what it is given, and what the rooms expect of each other."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, Literal, Protocol

import msgspec

from rushproof.glance import Glance
from rushproof.injection import Interval
from rushproof.keyed import FloatArray, IntArray
from rushproof.population import Person
from rushproof.rule import Rule
from rushproof.sample import Outcome


class Promise(msgspec.Struct, frozen=True):
    """What an `ok` answer to a step binds the target to, and where the facts of it stand, as dotted paths into JSON.

    `person`, `round` and `content` name fields of the body that was sent (or of the call's `about`); `sequence` and `key` name fields of
    the body that came back.  They reach the journal's attempts (ids, keys and contents as keyed hashes) for the audit to compare with
    the ledger.  A body that names no person is the visit's own person's.
    """

    kind: str
    person: str = "person"
    round: str = "round"
    content: tuple[str, ...] = ()
    sequence: str = "sequence"
    key: str | None = None
    """by what the target calls what it promised, such as `data.id`; None: by the Idempotency-Key it was sent"""


class Step(msgspec.Struct, frozen=True):
    """One named request of a visit: what its answers mean, what it promises, and when the person comes back."""

    promises: Promise | None = None
    outcomes: "Mapping[int, Outcome] | tuple[Rule, ...] | Callable[[Answer], Outcome | None]" = {}
    """what an answer came to, before the default rules: by HTTP status, by rules in order, or by a function that gives None for an
    answer it does not know"""
    again: frozenset[Outcome] = frozenset({Outcome.SHED})
    """outcomes after which the engine tries the same request again until the person's patience ends"""
    gap: float = 3.0
    """seconds of scenario time before such a try, where the answer has no Retry-After"""
    timeout: float | None = None
    """wall seconds from sent to done; None: the crowd's"""


class Request(msgspec.Struct, frozen=True):
    """A request that is about to be sent, as a signing hook sees it."""

    method: str
    path: str
    """with the URL's own path in front, and its query"""
    headers: Mapping[str, str]
    body: bytes


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of a persona's own settings; the scenario's values are validated against the subclass."""


class Answer(Protocol):
    """What came back of a step."""

    @property
    def outcome(self) -> Outcome: ...
    @property
    def status(self) -> int:
        """The HTTP status, 0 where no answer came."""

    @property
    def headers(self) -> Mapping[str, str]:
        """By name in lower case."""

    @property
    def body(self) -> bytes: ...
    def json(self) -> Any:
        """The body as JSON; raises ValueError where it is none."""


class Sample(Protocol):
    """What happens inside `async with target.step(…)`, for the visit to say how it came out."""

    outcome: Outcome
    """`ok` unless the visit, or an exception, says otherwise"""

    def told(self, answer: Mapping[str, Any]) -> None:
        """What came back, for the fields that the step's promise reads."""


class Target(Protocol):
    """What a visit does things to.  Paths are relative to the scenario's URL; a mapping or Struct as body is sent as JSON.

    No call raises for what the target does: a time-out, a reset or a 500 is an answer with its outcome.  Each call returns when the
    intent is settled: a shed request has then been tried again, as its `Step` says.  `about` holds what a promise reads where the body
    does not say it: `about={"round": "r1"}`.
    """

    def get(
        self,
        path: str,
        *,
        step: str,
        person: Person | None = None,
        headers: Mapping[str, str] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> Awaitable[Answer]: ...
    def post(
        self,
        path: str,
        body: Any = None,
        *,
        step: str,
        person: Person | None = None,
        headers: Mapping[str, str] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> Awaitable[Answer]: ...
    def put(
        self,
        path: str,
        body: Any = None,
        *,
        step: str,
        person: Person | None = None,
        headers: Mapping[str, str] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> Awaitable[Answer]: ...
    def patch(
        self,
        path: str,
        body: Any = None,
        *,
        step: str,
        person: Person | None = None,
        headers: Mapping[str, str] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> Awaitable[Answer]: ...
    def delete(
        self,
        path: str,
        *,
        step: str,
        person: Person | None = None,
        headers: Mapping[str, str] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> Awaitable[Answer]: ...
    def step(
        self,
        name: str,
        *,
        person: Person | None = None,
        writes: bool = True,
        about: Mapping[str, Any] | None = None,
        failures: tuple[type[Exception], ...] = (),
    ) -> AbstractAsyncContextManager[Sample]:
        """Measures whatever is awaited inside as one sample of the step: a gRPC call, a WebSocket, an SDK.

        A time-out, an OSError or one of `failures` inside is the target's doing: it ends the block, becomes the outcome (`doubt` where
        it `writes`, otherwise `error`) and goes no further.  Any other exception is the visit's own.
        """

    def think(self, person: Person, mean: float) -> Awaitable[None]:
        """Wait as a person does: exponential of `mean` seconds of scenario time, cut at ten times it, drawn by the person's own dice."""

    def wait(self, seconds: float) -> Awaitable[None]:
        """Wait exactly so many seconds of scenario time from when the visit was due to go on, such as until a moment that an answer named.

        The next step is due then, as after thinking; a wait of nothing, or of less, is none.
        """


class Persona:
    """A kind of visitor, as code.  One instance is shared by all visits and holds settings only."""

    steps: ClassVar[Mapping[str, Step]] = {}
    Settings: ClassVar[type[Settings]] = Settings
    settings: Any
    """the scenario's values, an instance of `Settings`"""

    sign: Callable[["Request", Person], Mapping[str, str]] | None = None
    """a method of this name is asked before every try which headers to add: a signature over the request, its time and a nonce"""

    async def visit(self, person: Person, target: Target) -> None:
        """One person's journey through the target."""
        raise NotImplementedError(f"{type(self).__name__} has no visit")


class Arrivals(Protocol):
    """The due times of a crowd: pure, sorted, the same for any number of workers."""

    @property
    def people(self) -> int:
        """How many arrivals there are, numbered from 0."""

    def due(self, index: IntArray) -> FloatArray:
        """The scenario time of each arrival number."""

    def before(self, at: float) -> int:
        """How many arrivals are due before scenario time `at`."""


Mender = Literal["target", "guard", "leash", "nobody"]
"""who ends a fault where the harness is gone; `leash`: what was broken is the harness's own, and ends with it"""


class Injector(Protocol):
    """Breaks one thing and mends it again; both return when it is confirmed, and both may be called twice.

    Times are unix seconds.  Where it cannot be confirmed they raise `FaultError` with what was found.  What the guard has to mend it is
    given before the injection, and need not mend any more after the mend.
    """

    mender: Mender
    """who ends the fault where the harness is gone"""

    async def ready(self) -> None:
        """Return when a fault could begin at once: reached, connected, loaded; FaultError where it cannot.  It breaks nothing.

        Called before the load, and again a second before the fault begins.
        """

    async def inject(self, ttl: float) -> Interval:
        """Break it; it ends by itself after `ttl` wall seconds where the target can see to that."""

    async def mend(self) -> Interval:
        """Make it as it was."""

    async def close(self) -> None:
        """Let go of what was made ready; a fault that is on stays on."""


Progress = Callable[[Glance], None]
"""Told once a second how a run goes."""
