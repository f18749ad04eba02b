"""What the command lines of all processes here have in common: where one listens, how fast its clock is, and `NAME=VALUE` pairs."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from fake_backend.answers import for_the_command_line

T = TypeVar("T", bound=msgspec.Struct)


def ask_address(parser: argparse.ArgumentParser, port: int) -> None:
    """`--host`, `--port` and `--speed`; `port` is where it listens unless told otherwise."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=_port, default=port, help="port to listen on; 0 lets the system choose (default %(default)s)")
    parser.add_argument("--speed", type=_speed, default=1.0, help="speed of a clock that nobody has set (default %(default)s)")


def read_pairs(kind: type[T], pairs: Sequence[str], decode: Callable[[type, Any], Any] | None = None) -> T:
    """The fields of a type as `NAME=VALUE` pairs; ValueError with what is wrong and what there is."""
    values: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or name not in kind.__struct_fields__:
            raise ValueError(f"expected NAME=VALUE with one of {', '.join(kind.__struct_fields__)}, found {pair!r}")
        values[name] = value
    try:
        return msgspec.convert(values, kind, strict=False, dec_hook=decode)
    except msgspec.ValidationError as problem:
        raise ValueError(for_the_command_line(str(problem))) from None


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected 0 to 65535, found {text}")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1e6:
        raise argparse.ArgumentTypeError(f"expected more than 0 and at most 1000000, found {text}")
    return speed
