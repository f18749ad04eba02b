"""Where load may go: this machine, or a host that its owner named twice, in `targets.yaml` and on the command line."""

import ipaddress
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from rushproof import conform
from rushproof.document import read_document
from rushproof.errors import SafetyError, TargetError, nearest
from rushproof.quantity import Rate, decode

TARGETS = "targets.yaml"


class Host(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A host that load may go to, and who answers for it."""

    owner: str
    highest_rate: Rate | None = None
    """the most arrivals a second, wall time, that the owner allows"""
    faults: tuple[str, ...] = ()
    """kinds of fault that may be injected there"""
    stop_when: str | None = None
    """what the owner wants the load stopped for, for the people who watch"""


class Targets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file `targets.yaml`."""

    hosts: Mapping[str, Host]


def check_host(url: str, own_host: str | None, folder: Path) -> Host | None:
    """None for a loopback target, its entry for a host of one's own; SafetyError for any other, TargetError for no host at all."""
    parts = urlsplit(url)
    host = parts.hostname
    if host is None:
        raise TargetError(f"{url}: no host in this URL")
    try:
        found = socket.getaddrinfo(host, parts.port or 80, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise TargetError(f"{url}: the host {host} has no address ({problem})") from None
    outside = sorted({str(entry[4][0]) for entry in found if not ipaddress.ip_address(str(entry[4][0]).split("%")[0]).is_loopback})
    return _owned(host, outside, own_host, folder / TARGETS) if outside else None


def _owned(host: str, outside: list[str], own_host: str | None, file: Path) -> Host:
    where = f"{host} is {', '.join(outside)}, not this machine"
    if own_host != host:
        said = f", not --own-host {own_host}" if own_host else ""
        raise SafetyError(f"{where}: load goes there only with --own-host {host}{said} and an entry in {TARGETS}")
    known = _targets(file).hosts
    if host not in known:
        raise SafetyError(f"{where}, and {file} does not list it{nearest(host, known)}")
    return known[host]


def _targets(file: Path) -> Targets:
    try:
        document = read_document(file.read_text(), str(file))
    except (OSError, UnicodeDecodeError):
        raise SafetyError(f"{file}: cannot be read; it lists the hosts that are yours:\n  hosts:\n    HOST: {{owner: NAME}}") from None
    wrong = list(conform.mistakes(document.tree, Targets))
    if wrong:
        raise document.errors(wrong)
    return msgspec.convert(document.tree, Targets, strict=False, dec_hook=decode)
