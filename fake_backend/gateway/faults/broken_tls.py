"""Handshakes that fail."""

from typing import ClassVar, Literal

from fake_backend.gateway.faults.fault import Fault


class BrokenTls(Fault, frozen=True, kw_only=True):
    """New connections over TLS are `refused` in the handshake, or shown an `expired` certificate.  It needs a gateway that was started with
    --certificate; connections that are open go on."""

    name: ClassVar[str] = "broken_tls"
    behaviour: ClassVar[str] = "G21"

    how: Literal["refused", "expired"] = "refused"
