"""The door every merchant's request goes through: what is wrong with the gateway at the moment happens to it here."""

from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, Literal

from aiohttp import web

from fake_backend.books import Bookkeeper
from fake_backend.facts import Refusal
from fake_backend.gateway import banks
from fake_backend.gateway.active import Active, concerning
from fake_backend.gateway.faults.fault import Asked, Carry, Fault, House, Operation
from fake_backend.gateway.idempotency import Results
from fake_backend.group_commit import NotStored
from fake_backend.metrics import refusal_of
from fake_backend.problems import Refused

BACKUP: Final = "/backup"
"""Everything a merchant may ask is there a second time under this path: the backup domain of real gateways"""
Say = Callable[[Refusal], web.StreamResponse]


class Door:
    """Lets requests in and answers out; `say` writes a refusal in the merchant's dialect."""

    def __init__(self, books: Bookkeeper, active: Active, house: House, results: Results, say: Say) -> None:
        self._books, self._active, self._house, self._results, self._say = books, active, house, results, say
        self._attempts: Counter[tuple[Operation, str]] = Counter()

    async def passed(
        self, request: web.Request, operation: Operation, order: str, carry: Callable[[], Awaitable[web.StreamResponse]],
        bank: str = "", channel: str = "",
    ) -> web.StreamResponse:  # fmt: skip
        """What comes of the request: what `carry` answers, unless a fault has it otherwise."""
        way: Carry = partial(self._answered, carry)
        faults = self._active.all()
        if not faults:
            self._attempts.clear()
            return await way()
        if not bank:
            bank, channel = await self._payer(order)
        self._attempts[operation, order] += 1
        domain: Literal["primary", "backup"] = "backup" if request.path.startswith(BACKUP + "/") else "primary"
        asked = Asked(operation, order, self._attempts[operation, order], bank, channel, banks.region(bank), domain)
        for fault in concerning(faults, self._active.chance, order, bank, channel):
            way = partial(self._through, fault, asked, request, way)
        return await way()

    async def kept(
        self, request: web.Request, key: str, fingerprint: str, carry: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """As `carry` answers, but the same again under the same key, where that is this gateway's way."""
        try:
            return await self._results.kept(key, fingerprint, partial(self._answered, carry))
        except (Refused, NotStored) as problem:
            return self._say(refusal_of(problem))

    async def _through(self, fault: Fault, asked: Asked, request: web.Request, way: Carry) -> web.StreamResponse:
        try:
            return await fault.carried(asked, request, self._house, way)
        except Refused as refused:
            return self._say(refused.refusal)

    async def _answered(self, carry: Callable[[], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        try:
            return await carry()
        except (Refused, NotStored) as problem:
            return self._say(refusal_of(problem))

    async def _payer(self, order: str) -> tuple[str, str]:
        rows = await self._books.read("SELECT bank, channel FROM payments WHERE merchant_order = ?", order)
        return (rows[0][0], rows[0][1]) if rows else ("", "")
