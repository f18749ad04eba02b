"""Something wrong with the network in front of somebody."""

from collections.abc import Mapping
from typing import Any

from rushproof.faults.fault import Fault


class NetworkFault(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="network", rename={"lasting": "for"}):
    """Toxics of a proxy that stands in front of `on`; whoever is given that one's URL goes through it.

    In front of the target that is the load; of one beside it, those in whose command its name stands.  What the run asks itself (ready,
    clock, ledgers, switches) goes past it.
    """

    toxics: tuple[Mapping[str, Any], ...] = ()
    """as Toxiproxy's API takes them: `{type: latency, stream: downstream, toxicity: 1.0, attributes: {latency: 300}}`"""
    down: bool = False
    """nobody gets through at all, and whoever is connected is cut off"""
    toxiproxy: str | None = None
    """the URL of a Toxiproxy's API to use instead of ours"""
    proxy: str | None = None
    """the name of a proxy that the Toxiproxy has already, and through which somebody goes already; None: one is made"""
