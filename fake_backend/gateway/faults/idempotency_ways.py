"""Another gateway's idempotency."""

from typing import ClassVar

from fake_backend.gateway.faults.fault import Fault, Way
from fake_backend.gateway.idempotency import WAYS, Flavour


class IdempotencyWays(Fault, frozen=True, kw_only=True):
    """What the same request gets a second time goes another gateway's way: `order` (the number alone tells), `first_result` (Stripe v1:
    the first answer is kept under the key, a 500 too), `success_only` (Checkout.com: only a success is kept), `until_success` (Stripe v2:
    what failed is done again).  At the start it is what `--idempotency` says."""

    name: ClassVar[str] = "idempotency_ways"
    behaviour: ClassVar[str] = "G12"

    way: Flavour

    def kept(self, way: Way) -> Way:
        """The other one."""
        return WAYS[self.way]
