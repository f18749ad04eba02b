"""What a worker sends up, once a second: counts, attempts, health.

The same bytes travel from the engine to its Locust process, through Locust's message channel to the master, and on to the run, which
writes them to the journal.  The frames of a worker are numbered without gaps; a missing number is a loss that the run reports.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

CELL = np.dtype(
    [("at", "<i4"), ("step", "<u2"), ("outcome", "u1"), ("distribution", "u1"), ("bucket", "<u2"), ("count", "<u4")]
)  # fmt: skip
"""One cell of the distributions: `at` in journal buckets since the start, `step` into the frame's steps, `bucket` in the histogram."""

ATTEMPT = np.dtype(
    [
        ("number", "<i8"), ("step", "<u2"), ("person", "<u8"), ("round", "<u2"), ("content", "<u8"), ("key", "<u8"),
        ("due", "<f8"), ("sent", "<f8"), ("done", "<f8"), ("outcome", "u1"), ("last", "u1"), ("sequence", "<i8"),
    ]
)  # fmt: skip
"""One try of a promising step.

`number`: the arrival's.  `person`, `content`: keyed hashes; `key`: the idempotency key's number.  `round`: index into the frame's rounds.
Times are wall seconds since the start.  `last`: this try settled the intent.  `sequence`: −1 where the answer had none.
"""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """One wall second of a worker, as raw readings; whether it was tainted is the judge's to say."""

    at: int
    """wall second since the start"""
    lag_p99: float
    busy: float
    """share of the core taken: own CPU, run delay, throttling and steal"""
    turn: float
    """the longest loop turn, seconds"""
    due: int
    """requests due"""
    unsent: int
    """of these, not sent for a reason other than the pool's cap"""
    missed: int
    """visits"""
    in_flight: int
    memory: int
    """resident bytes"""
    oldest: float = 0.0
    """seconds since the call that has waited longest for its answer was due"""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One try as `rushproof check` shows it: what was sent and what came back, with every value that could name a person masked."""

    crowd: str
    step: str
    request: str
    """method and path, as sent"""
    sent: tuple[str, ...]
    """header lines and body, values masked"""
    status: int
    """0 where no answer came"""
    received: tuple[str, ...]
    """header lines that matter and the body, values masked but for those that rules look at"""
    outcome: str
    why: str
    """which rule said so, or what went wrong"""
    took: float
    """sent → done, seconds"""
    protocol: str
    """`HTTP/1.1`, `HTTP/2 over TLSv1.3`"""
    promised: str = ""
    """what the promise read of it, and which of its fields were not there"""


class Visits(msgspec.Struct, frozen=True):
    """A crowd's visits on one worker so far: offered = finished + unfinished + missed + in_flight."""

    offered: int = 0
    finished: int = 0
    unfinished: int = 0
    missed: int = 0
    in_flight: int = 0


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """About a second of one worker's life, or attempts that go ahead of it; cells may belong to earlier seconds and are to be summed."""

    worker: int
    seq: int
    until: float
    """wall seconds since the start: every arrival due before it has been offered"""
    steps: tuple[tuple[str, str], ...]
    """(crowd, step); for each crowd the step `visit` stands for whole visits"""
    visits: tuple[Visits, ...]
    """by crowd, cumulated"""
    kinds: tuple[str, ...] = ()
    """by step: the kind of its promise, empty where it promises nothing; none at all where no step promises anything"""
    rounds: tuple[str, ...] = ()
    cells: bytes = b""
    attempts: bytes = b""
    health: tuple[Health, ...] = ()
    oldest: tuple[float, ...] = ()
    """by step: seconds since the call that has waited longest for its answer was due, 0 where none waits; for lookouts, not journalled"""
    unmapped: int = 0
    """answers in this frame that no rule knew"""
    notes: tuple[str, ...] = ()
    """what a person should be told: a visit that raised, a descriptor limit that was met"""
    exchanges: tuple[Exchange, ...] = ()
    """what was said, where the plan asks for a trace"""
    due: bool = True
    """False: closed-loop samples of an ordinary Locust user, which have no due times"""
    final: bool = False

    def encode(self) -> bytes:
        return _ENCODER.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> "Frame":
        return _DECODER.decode(data)

    @property
    def cell_rows(self) -> NDArray[np.void]:
        return np.frombuffer(self.cells, CELL)

    @property
    def attempt_rows(self) -> NDArray[np.void]:
        return np.frombuffer(self.attempts, ATTEMPT)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Frame)
