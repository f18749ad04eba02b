"""The hosts that are one's own: the file `targets.yaml`, and what each host's owner will not bear."""

import ipaddress
from collections.abc import Iterator, Mapping

import msgspec

from rushproof import conform, surroundings
from rushproof.document import Document, read_document
from rushproof.quantity import Rate, decode
from rushproof.stop_rule import StopRule


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


def read_targets(text: str, file: str) -> tuple[Targets, Document]:
    """The hosts of a file's text, with the document they were read from; ScenarioError with every mistake in its place."""
    document = read_document(text, file)
    wrong = list(conform.mistakes(document.tree, Targets))
    if wrong:
        raise document.errors(wrong)
    targets = msgspec.convert(document.tree, Targets, strict=False, dec_hook=decode)
    wrong = [mistake for name, host in targets.hosts.items() for mistake in _mistakes(name, host)]
    if wrong:
        raise document.errors(wrong)
    return targets, document


def _mistakes(name: str, host: Host) -> Iterator[tuple[tuple[str, ...], str]]:
    path = ("hosts", name)
    for nth, network in enumerate(host.addresses):
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            yield (*path, "addresses", str(nth)), f"expected a network such as 10.1.0.0/16 or an address, found {network!r}"
    yield from surroundings.url(host.prometheus, (*path, "prometheus"))
    yield from surroundings.stop_rules(host.stop_when, (*path, "stop_when"), "" if host.prometheus else "'prometheus' of this host")
