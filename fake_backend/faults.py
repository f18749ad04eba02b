"""Faults: bad luck that the honest backend must live through; each is a switch, and its type what the switch takes."""

from typing import Annotated

import msgspec

Ttl = Annotated[float, msgspec.Meta(gt=0, le=86400, description="seconds of wall time until it ends by itself")]
Share = Annotated[float, msgspec.Meta(gt=0, le=1, description="how many of the requests it concerns")]
Path = Annotated[str, msgspec.Meta(max_length=100, description="only requests whose path begins so, such as /gateway/notices")]
WallSeconds = Annotated[float, msgspec.Meta(gt=0, le=600, description="seconds of wall time")]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that goes wrong for `ttl` seconds."""

    ttl: Ttl


class SlowSync(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A slower disk: every commit takes `delay` seconds more."""

    delay: Annotated[float, msgspec.Meta(gt=0, le=10, description="seconds")]


class Trouble(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that goes wrong with requests: a share of them, or of those to some paths.  What an operator asks for is spared."""

    share: Share = 1.0
    path: Path = ""


class Slow(Trouble, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was asked is done, and answered `delay` seconds later."""

    delay: WallSeconds


class Refuse(Trouble, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """503, and nothing is done; with `retry_after` the answer says when to come again."""

    retry_after: Annotated[int, msgspec.Meta(ge=0, le=86400, description="seconds; 0: not said")] = 0


class Hang(Trouble, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing is done and nothing answered until the fault is over; then it is, whether or not somebody still waits."""


class Drop(Trouble, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The connection is cut off without an answer: before anything is done, or, `done`, after all of it was."""

    done: bool = False


class DatabaseAway(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing can be looked up or stored."""


class ClockSkew(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The clock by which everything is decided is `by` seconds ahead (behind, where negative) of what /clock says."""

    by: Annotated[float, msgspec.Meta(ge=-86400, le=86400, description="seconds of the server's clock")]


class RetryStorm(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Calls of the gateway, and of the verification while somebody waits who registers, go through a queue that takes `at_once` of them at
    a time, each for `takes` seconds at the least.  Who has waited `patience` seconds for the answer calls it a failure and tries again at
    once, `tries` times, without any budget; what was given up stays in the queue and is worked off all the same.  Once the queue is longer
    than anybody's patience it stays so, as long as enough people come."""

    tries: Annotated[int, msgspec.Meta(ge=1, le=100)] = 4
    at_once: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 4
    takes: WallSeconds = 0.02
    patience: WallSeconds = 0.5
