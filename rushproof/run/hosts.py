"""Where load may go: this machine, or a host that its owner named twice, in `targets.yaml` and on the command line."""

import ipaddress
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from rushproof import conform, surroundings
from rushproof.document import Document, read_document
from rushproof.engine.address import Address
from rushproof.errors import SafetyError, TargetError, nearest
from rushproof.plan import Transport
from rushproof.quantity import Rate, decode
from rushproof.stop_rule import StopRule

TARGETS = "targets.yaml"
_PLAIN = Transport()


class Host(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A host that load may go to, who answers for it, and what they will not bear."""

    owner: str
    highest_rate: Rate | None = None
    """the most arrivals a second, wall time, that the owner allows"""
    addresses: tuple[str, ...] = ()
    """networks that its name must resolve into, such as 10.1.0.0/16, at the start and at every connect; none: any"""
    faults: tuple[str, ...] = ()
    """kinds of fault that may be injected there"""
    prometheus: str | None = None
    """the URL of the Prometheus that the owner's queries are asked of"""
    stop_when: tuple[StopRule, ...] = ()
    """what ends the load, whatever the scenario says; a scenario adds its own and takes none of these away"""


class Targets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file `targets.yaml`."""

    hosts: Mapping[str, Host]


def check_host(url: str, own_host: str | None, folder: Path, transport: Transport = _PLAIN) -> Host | None:
    """The entry of a host of one's own, None for a loopback target without one.

    SafetyError for any other host and for a name that resolves out of its networks, TargetError for no host at all.
    """
    host = urlsplit(url).hostname
    if transport.proxy is not None and host is not None and host == own_host:  # only the proxy may know its address
        known = _listed(host, [], f"{host} is behind a proxy", folder / TARGETS)
        Address(url, transport, own_host or "", known.addresses)
        return known
    host, found = _resolved(url) if host is None or transport.resolve is None else (host, [transport.resolve])
    outside = [address for address in found if not ipaddress.ip_address(address).is_loopback]
    file = folder / TARGETS
    if transport.proxy is not None:
        Address(url, transport)  # it has to be this machine's, and so has the target behind it
    if not outside:
        return read_targets(file)[0].hosts.get(host) if own_host == host and file.is_file() else None
    where = f"{host} is {', '.join(outside)}, not this machine"
    if own_host != host:
        said = f", not --own-host {own_host}" if own_host else ""
        raise SafetyError(f"{where}: load goes there only with --own-host {host}{said} and an entry in {TARGETS}")
    return _listed(host, found, where, file)


def check_prometheus(url: str, folder: Path) -> Host | None:
    """A Prometheus is asked on this machine, or on a host that `targets.yaml` lists: it is only read, so it need not be named again."""
    host, found = _resolved(url)
    outside = [address for address in found if not ipaddress.ip_address(address).is_loopback]
    where = f"the Prometheus {host} is {', '.join(outside)}, not this machine"
    return _listed(host, found, where, folder / TARGETS) if outside else None


def read_targets(file: Path) -> tuple[Targets, Document]:
    """The list of one's own hosts, with the document it was read from; ScenarioError with every mistake in its place."""
    try:
        document = read_document(file.read_text(), str(file))
    except (OSError, UnicodeDecodeError):
        raise SafetyError(f"{file}: cannot be read; it lists the hosts that are yours:\n  hosts:\n    HOST: {{owner: NAME}}") from None
    wrong = list(conform.mistakes(document.tree, Targets))
    if wrong:
        raise document.errors(wrong)
    targets = msgspec.convert(document.tree, Targets, strict=False, dec_hook=decode)
    wrong = [mistake for name, host in targets.hosts.items() for mistake in _mistakes(name, host)]
    if wrong:
        raise document.errors(wrong)
    return targets, document


def _resolved(url: str) -> tuple[str, list[str]]:
    parts = urlsplit(url)
    host = parts.hostname
    if host is None:
        raise TargetError(f"{url}: no host in this URL")
    try:
        found = socket.getaddrinfo(host, parts.port or 80, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise TargetError(f"{url}: the host {host} has no address ({problem})") from None
    return host, sorted({str(entry[4][0]).split("%")[0] for entry in found})


def _listed(host: str, found: list[str], where: str, file: Path) -> Host:
    known = read_targets(file)[0].hosts
    if host not in known:
        raise SafetyError(f"{where}, and {file} does not list it{nearest(host, known)}")
    networks = [ipaddress.ip_network(network, strict=False) for network in known[host].addresses]
    astray = [address for address in found if networks and not any(ipaddress.ip_address(address) in network for network in networks)]
    if astray:
        raise SafetyError(f"{host} is {', '.join(astray)}, but {file} says that it is in {', '.join(known[host].addresses)}")
    return known[host]


def _mistakes(name: str, host: Host) -> Iterator[tuple[tuple[str, ...], str]]:
    path = ("hosts", name)
    for nth, network in enumerate(host.addresses):
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            yield (*path, "addresses", str(nth)), f"expected a network such as 10.1.0.0/16 or an address, found {network!r}"
    yield from surroundings.url(host.prometheus, (*path, "prometheus"))
    yield from surroundings.stop_rules(host.stop_when, (*path, "stop_when"), "" if host.prometheus else "'prometheus' of this host")
