"""The way to the target before anything goes it: files beside the scenario, secrets put in, and everything tried that needs no network."""

import errno
import importlib.util
import socket
from pathlib import Path

import msgspec

from rushproof.document import Document
from rushproof.engine.trust import TrustError, context
from rushproof.plan import Transport
from rushproof.run.secret import resolved
from rushproof.scenario import Scenario

_PATH = ("target", "transport")


def check_transport(scenario: Scenario, beside: Path, document: Document, *, here: bool = True) -> Transport:
    """The scenario's transport as workers need it: secrets put in, paths absolute.

    ScenarioError where a certificate, a key or an authority is not there or not what it should be, where HTTP/2 is asked for and its
    client is not installed, and where a source address is none of this machine, if the load is made `here`.
    """
    spec = settled_transport(scenario.target.transport, beside)
    try:
        context(spec)
    except TrustError as wrong:
        raise document.error((*_PATH, wrong.field), wrong.problem) from None
    if spec.http == "2" and importlib.util.find_spec("h2") is None:
        raise document.error((*_PATH, "http"), "HTTP/2 has a client of its own, which is not installed: pip install 'rushproof[http2]'")
    if here:
        _check_sources(scenario, document)
    return spec


def settled_transport(spec: Transport, beside: Path) -> Transport:
    """The transport with its secrets put in and its files by absolute path."""
    given = resolved(msgspec.to_builtins(spec), beside)
    for field in ("ca", "certificate", "key"):
        if given[field]:
            given[field] = str((beside / given[field]).absolute())
    return msgspec.convert(given, Transport)


def _check_sources(scenario: Scenario, document: Document) -> None:
    for name, crowd in scenario.crowds.items():
        for nth, source in enumerate(crowd.connections.sources):
            try:
                with socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind((source, 0))
            except OSError as error:
                if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    problem = f"{source} is no address of this machine (`ip addr` lists them); all of 127.0.0.0/8 is, for a target on it"
                    raise document.error(("crowds", name, "connections", "sources", str(nth)), problem) from None
                raise
