"""How far load may reach: this machine, or the host that its owner named, at an address that belongs to it."""

import ipaddress
from collections.abc import Sequence

from rushproof.errors import SafetyError


def loopback(ip: str) -> bool:
    """Whether this machine is meant; also by an IPv4 address that is written as an IPv6 one."""
    address = _address(ip)
    return address.is_loopback


def allowed(host: str, ip: str, own_host: str, networks: Sequence[str] = ()) -> None:
    """Return where load may go to `host` at `ip`; SafetyError where it may not.

    Loopback may always be reached; anything else only where the host is the one named with `--own-host`, and inside its `networks`
    (`10.0.0.0/8`, single addresses too) where there are any.
    """
    if loopback(ip):
        return
    said = f"{host} is {ip}" if host == ip else f"{host} resolves to {ip}"
    if host.casefold() != own_host.casefold():
        raise SafetyError(
            f"{said}, which is not this machine: load goes to loopback unless the host is named as your own (--own-host {host})"
        )
    if networks and not within(ip, networks):
        raise SafetyError(f"{said}, which is outside of what targets.yaml allows ({', '.join(networks)})")


def proxy_allowed(host: str, ip: str, networks: Sequence[str] = ()) -> None:
    """Return where the load may go through a proxy that is there; SafetyError where it may not: it is no host that was named twice."""
    if not loopback(ip) and not within(ip, networks):
        known = f"outside of what targets.yaml allows ({', '.join(networks)})" if networks else "not this machine"
        said = f"the proxy {host} is" if host == ip else f"the proxy {host} is {ip},"
        raise SafetyError(f"{said} {known}: list its network under `addresses` of your own host in targets.yaml")


def within(ip: str, networks: Sequence[str]) -> bool:
    """Whether the address is in one of the networks; SafetyError where one of them is none."""
    address = _address(ip)
    try:
        return any(address in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError as problem:
        raise SafetyError(f"targets.yaml: expected networks such as 10.0.0.0/8: {problem}") from None


def _address(ip: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(ip.split("%", maxsplit=1)[0])
    return getattr(address, "ipv4_mapped", None) or address
