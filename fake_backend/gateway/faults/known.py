"""Every fault there is, by name."""

from typing import Final

from fake_backend.gateway.faults.fault import Fault

FAULTS: Final[dict[str, type[Fault]]] = {}
