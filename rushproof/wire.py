"""The messages between run, Locust process, engine and feeder: four bytes of length, one of kind, and the payload."""

import struct
from enum import IntEnum

_HEAD = struct.Struct("<IB")


class Message(IntEnum):
    """What a message is.  Down: PLAN, START, RATE, STOP.  Up: READY, FRAME, LOST."""

    PLAN = 1
    """`Plan.encode()`"""
    START = 2
    """the unix time of the timetable's `from`, as a little-endian double"""
    RATE = 3
    """arrivals a second from now on, as a little-endian double; plain `locust -f` runs only"""
    STOP = 4
    """seconds that visits may still take, as a little-endian double; no further arrival"""
    READY = 5
    """the personas are loaded; load can begin"""
    FRAME = 6
    """`Frame.encode()`"""
    LOST = 7
    """a worker is gone: one sentence in UTF-8, `N: why` with the worker's number"""
    ROWS = 8
    """from the feeder of persons to the engine: rows in the order they are due, `list[Row]` in msgpack; an empty list: no more come"""
    SIGN = 9
    """engine → feeder: a row whose token ends; feeder → engine: the same row with a new one, or with why there is none"""


def pack(message: Message, payload: bytes = b"") -> bytes:
    """The message as bytes for a stream."""
    return _HEAD.pack(len(payload), message) + payload


def number(value: float) -> bytes:
    """The payload of START, RATE and STOP."""
    return struct.pack("<d", value)


def read_number(payload: bytes) -> float:
    """The number in such a payload."""
    return float(struct.unpack("<d", payload)[0])


class Unpacker:
    """Cuts a stream back into messages."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[tuple[Message, bytes]]:
        """The messages that are complete with `data`."""
        self._rest += data
        found, position = [], 0
        while len(self._rest) - position >= _HEAD.size:
            length, kind = _HEAD.unpack_from(self._rest, position)
            end = position + _HEAD.size + length
            if end > len(self._rest):
                break
            found.append((Message(kind), bytes(self._rest[position + _HEAD.size : end])))
            position = end
        del self._rest[:position]
        return found
