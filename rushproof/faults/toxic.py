"""What can be wrong with one direction of a connection, in the words of Toxiproxy's API."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from rushproof.errors import nearest

Whole = Annotated[int, msgspec.Meta(ge=0)]
Toxicity = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Stream = Literal["upstream", "downstream"]


class Latency(msgspec.Struct, frozen=True):
    """Everything comes later."""

    latency: Whole = 0
    """milliseconds"""
    jitter: Whole = 0
    """milliseconds more or less, drawn for each piece; what was sent first still comes first"""


class Bandwidth(msgspec.Struct, frozen=True):
    """No more than so much a second passes."""

    rate: Whole = 0
    """thousands of bytes a second; 0: nothing passes, and all of it does when the toxic is changed or taken away"""


class SlowClose(msgspec.Struct, frozen=True):
    """The end of the stream comes later."""

    delay: Whole = 0
    """milliseconds"""


class Timeout(msgspec.Struct, frozen=True):
    """Nothing passes at all, and what was sent is gone; the connection is closed when its sender ends it or the toxic is taken away."""

    timeout: Whole = 0
    """milliseconds until the connection is closed; 0: it stays open, and silent"""


class ResetPeer(msgspec.Struct, frozen=True):
    """The first bytes are answered with a reset of the connection, on both sides."""

    timeout: Whole = 0
    """milliseconds between the two"""


class Slicer(msgspec.Struct, frozen=True):
    """What was sent at once comes in small pieces."""

    average_size: Whole = 0
    """bytes; 0: whole, as it came"""
    size_variation: Whole = 0
    """bytes more or less"""
    delay: Whole = 0
    """microseconds between two pieces"""


class LimitData(msgspec.Struct, frozen=True):
    """So much passes, and then the connection is closed."""

    bytes: Whole = 0


Attributes = Latency | Bandwidth | SlowClose | Timeout | ResetPeer | Slicer | LimitData
KINDS: Mapping[str, type[Attributes]] = {
    "latency": Latency,
    "bandwidth": Bandwidth,
    "slow_close": SlowClose,
    "timeout": Timeout,
    "reset_peer": ResetPeer,
    "slicer": Slicer,
    "limit_data": LimitData,
}


class Toxic(msgspec.Struct, frozen=True):
    """One of them on one stream, and how many of the connections have it."""

    attributes: Attributes
    name: str
    type: str
    stream: Stream
    toxicity: float


class _Told(msgspec.Struct, frozen=True):
    type: str
    name: str = ""
    stream: Stream = "downstream"
    toxicity: Toxicity = 1.0
    attributes: Mapping[str, Any] = {}


class _Change(msgspec.Struct, frozen=True):
    toxicity: Toxicity | None = None
    attributes: Mapping[str, Any] = {}


def toxic(told: Any) -> Toxic:
    """As the API is told it, with what was left out; ValueError says what it cannot mean."""
    words = msgspec.convert(told, _Told)
    kind = KINDS.get(words.type)
    if kind is None:
        raise ValueError(f"invalid toxic type {words.type!r}{nearest(words.type, KINDS)}")
    attributes = msgspec.convert(words.attributes, kind)
    return Toxic(attributes, words.name or f"{words.type}_{words.stream}", words.type, words.stream, words.toxicity)


def mistake(told: Mapping[str, Any]) -> str:
    """Why a toxic cannot be meant, or says something that nobody would heed; empty where neither is so."""
    try:
        kind = type(toxic(told).attributes)
    except ValueError as problem:
        return str(problem)
    for words, known in ((told, _Told.__struct_fields__), (told.get("attributes", {}), kind.__struct_fields__)):
        for word in words:
            if word not in known:
                return f"unknown {word!r} in {told['type']}{nearest(word, known)}"
    return ""


def changed(one: Toxic, told: Any) -> Toxic:
    """The same with other attributes or another toxicity; what is not said stays as it is."""
    words = msgspec.convert(told, _Change)
    attributes = {**msgspec.structs.asdict(one.attributes), **words.attributes}
    toxicity = one.toxicity if words.toxicity is None else words.toxicity
    return msgspec.structs.replace(one, attributes=msgspec.convert(attributes, type(one.attributes)), toxicity=toxicity)
