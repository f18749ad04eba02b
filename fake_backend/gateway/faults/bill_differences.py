"""A bill that is not the ledger."""

from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import replace

from fake_backend.gateway.faults.fault import Chance, Fault, Line, Part


class BillDifferences(Fault, frozen=True, kw_only=True):
    """The bill of the day differs from the ledger: of its lines the part `missing` is not there, the part `amount` is wrong `by` cents, and
    for the part `extra` there is a second line of a payment that nobody made."""

    name: ClassVar[str] = "bill_differences"
    behaviour: ClassVar[str] = "G23"

    missing: Part = 0.01
    extra: Part = 0.01
    amount: Part = 0.01
    by: Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)] = 100

    def billed(self, rows: list[Line], chance: Chance) -> list[Line]:
        """Lines left out, put in, changed."""
        lines: list[Line] = []
        for line in rows:
            name = f"{line.merchant_order}/{line.refund}"
            if chance("bill:missing", name) >= self.missing:
                wrong = chance("bill:amount", name) < self.amount
                lines.append(replace(line, amount=max(line.amount + self.by, 1)) if wrong else line)
            if chance("bill:extra", name) < self.extra:
                lines.append(replace(line, kind="payment", merchant_order=f"x{line.merchant_order}"[:64], refund="", transaction="t0"))
        return lines
