"""Where an answer sends its asker, and whether that is still the host that load may go to."""

from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from rushproof.engine.address import Address

STATUSES = frozenset({301, 302, 303, 307, 308})
MOST = 5
"""redirects that are followed, one after the other"""

_LONGEST = 100
_PORTS = {"http": 80, "https": 443}


class Hops(NamedTuple):
    """How a call came to be somewhere else."""

    followed: int
    sent: float
    """when the first request was sent"""
    request: bytes
    """the first one"""


class Place(NamedTuple):
    """Where a redirect leads."""

    host: str
    path: str | None
    """from the host's root, with its query; None where it is another host's"""


def place(address: Address, path: str, location: str) -> Place:
    """What `location` means to who asked `address` for `path`."""
    scheme = "https" if address.secure else "http"
    try:
        parts = urlsplit(urljoin(f"{scheme}://{address.authority}{path}", location.strip()))
        host, port = (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return Place("an address that is none", None)
    told = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:_LONGEST]
    if (parts.scheme, host, port) != (scheme, address.host.lower(), address.port):
        return Place(told, None)
    there = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(told, "".join(letter if letter > " " else f"%{ord(letter):02X}" for letter in there))
