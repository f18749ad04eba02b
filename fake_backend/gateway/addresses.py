"""Where notices may go: to this machine, and to hosts named when the gateway was started, so that nobody else is ever bothered."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from fake_backend.facts import Refusal


def addressed(url: str, hosts: Sequence[str]) -> Refusal | None:
    """Why no notice goes there; None where it may."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return Refusal("notify_url_refused", "not a URL", "notify_url")
    if host in hosts or (_here(host) and port != 0):
        return None
    return Refusal(
        "notify_url_refused", "not on this machine; start the gateway with --notify-host HOST to send notices there", "notify_url"
    )


def _here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
