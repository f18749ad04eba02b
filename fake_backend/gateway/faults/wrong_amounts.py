"""Notices with a right signature and a wrong amount."""

from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import replace

from fake_backend.gateway.faults.fault import Content, OrderFault, Tries


class WrongAmounts(OrderFault, frozen=True, kw_only=True):
    """The first `tries` sendings of a notice are well signed and name an amount that is wrong `by` cents; the next ones are right.  WeChat
    Pay tells merchants to compare the amount with their order's."""

    name: ClassVar[str] = "wrong_amounts"
    behaviour: ClassVar[str] = "G8"

    by: Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)] = -100
    tries: Tries = 1

    def said(self, content: Content, try_: int) -> Content:
        """Another amount."""
        return replace(content, amount=max(content.amount + self.by, 1)) if try_ <= self.tries else content
