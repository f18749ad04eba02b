"""Where load may go: this machine, or a host that its owner named twice, in `targets.yaml` and on the command line."""

import ipaddress
import socket
from pathlib import Path
from urllib.parse import urlsplit

from rushproof.document import Document
from rushproof.engine.address import Address
from rushproof.errors import SafetyError, TargetError, nearest
from rushproof.plan import Transport
from rushproof.targets import Host, Targets, read_targets

TARGETS = "targets.yaml"
_PLAIN = Transport()


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
        return targets_of(file)[0].hosts.get(host) if own_host == host and file.is_file() else None
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


def targets_of(file: Path) -> tuple[Targets, Document]:
    """The list of one's own hosts, with the document it was read from; ScenarioError with every mistake in its place."""
    try:
        return read_targets(file.read_text(), str(file))
    except (OSError, UnicodeDecodeError):
        raise SafetyError(f"{file}: cannot be read; it lists the hosts that are yours:\n  hosts:\n    HOST: {{owner: NAME}}") from None


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
    known = targets_of(file)[0].hosts
    if host not in known:
        raise SafetyError(f"{where}, and {file} does not list it{nearest(host, known)}")
    networks = [ipaddress.ip_network(network, strict=False) for network in known[host].addresses]
    astray = [address for address in found if networks and not any(ipaddress.ip_address(address) in network for network in networks)]
    if astray:
        raise SafetyError(f"{host} is {', '.join(astray)}, but {file} says that it is in {', '.join(known[host].addresses)}")
    return known[host]
