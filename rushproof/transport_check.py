"""Whether what a scenario says of the way to its target can be meant, without opening a file or a socket."""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from rushproof.document import Path
from rushproof.plan import Transport
from rushproof.scenario import Scenario

Mistakes = Iterator[tuple[Path, str]]

_SECRET = re.compile(r"\$\{[^}]*\}")


def transport_mistakes(scenario: Scenario) -> Mistakes:
    """Each place of `target.transport` and of the crowds' `connections` that contradicts itself, and the sentence about it."""
    spec, path = scenario.target.transport, ("target", "transport")
    if spec.key is not None and spec.certificate is None:
        yield (*path, "key"), "expected 'certificate' beside it: whose key is it?"
    if spec.sni is not None and not re.fullmatch(r"[A-Za-z0-9_.-]+", spec.sni) and not _SECRET.search(spec.sni):
        yield (*path, "sni"), f"expected a host name, found {spec.sni!r}"
    if spec.resolve is not None and not _is_address(spec.resolve) and not _SECRET.search(spec.resolve):
        yield (*path, "resolve"), f"expected an IP address, found {spec.resolve!r}"
    yield from _proxy(spec, scenario.target.url, path)
    for name, crowd in scenario.crowds.items():
        for nth, source in enumerate(crowd.connections.sources):
            if not _is_address(source):
                yield ("crowds", name, "connections", "sources", str(nth)), f"expected a local IP address, found {source!r}"


def _proxy(spec: Transport, url: str, path: Path) -> Mistakes:
    if spec.proxy is None:
        return
    where = (*path, "proxy")
    if _literal(spec.proxy):
        yield where, "a user and a password stand in the file; write them as http://${env:PROXY_USER}:${env:PROXY_PASSWORD}@host:port"
    elif not spec.proxy.startswith("${") and not _is_http(spec.proxy):
        yield where, "expected an HTTP proxy such as http://127.0.0.1:3128"
    if spec.resolve is not None:
        yield (*path, "resolve"), "a proxy resolves the name itself: take 'resolve' or 'proxy' out"
    if spec.http == "2" and url.startswith("http://"):
        yield (*path, "http"), "HTTP/2 through a proxy needs a target with https://"


def _literal(proxy: str) -> bool:
    """Whether a password, or a token in the place of a user, is written out in it."""
    user, _, password = _SECRET.sub("\0", proxy).rpartition("@")[0].removeprefix("http://").partition(":")
    return bool((password or user).replace("\0", ""))


def _is_http(proxy: str) -> bool:
    try:
        parts = urlsplit(_SECRET.sub("x", proxy))
        return parts.scheme == "http" and bool(parts.hostname) and parts.port != 0 and parts.path in ("", "/")
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
