"""Where a proxy listens and what it stands in front of: this machine, or a host that was named as one's own."""

import asyncio
import re
import socket
from collections.abc import Sequence

import msgspec

from rushproof.reach import allowed

_HERE = dict.fromkeys(("localhost", "", "0.0.0.0", "::"), "127.0.0.1")
"""what is open to everybody elsewhere is open to this machine here; a name is one address, the same each time"""
_WRITTEN = re.compile(r"(?:\[([0-9a-fA-F:.]*)\]|([^\[\]:/\s]*)):(\d{1,5})")


class Address(msgspec.Struct, frozen=True):
    """An IP address and a port."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.ip else socket.AF_INET

    @property
    def where(self) -> tuple[str, int]:
        return self.ip, self.port


async def address(written: str, own: Sequence[str]) -> Address:
    """`HOST:PORT`, resolved once; ValueError where it is none, SafetyError where it is neither this machine nor one of `own`."""
    found = _WRITTEN.fullmatch(written)
    if found is None or int(found[3]) > 65535:
        raise ValueError(f"expected HOST:PORT, found {written!r}")
    host = found[1] or found[2]
    if host not in own:
        host = _HERE.get(host, host)
    try:
        entries = await asyncio.get_running_loop().getaddrinfo(host, int(found[3]), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise ValueError(f"{written}: no address: {problem}") from None
    ip = str(entries[0][4][0])
    allowed(host, ip, host if host in own else "")
    return Address(ip, int(found[3]))
