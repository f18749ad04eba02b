"""What a dialect is: paths, fields, codes and signatures over the same till."""

from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from fake_backend.answers import Handler
from fake_backend.facts import Refusal
from fake_backend.gateway.banks import BANKS
from fake_backend.gateway.chance import Chance
from fake_backend.gateway.door import Door
from fake_backend.gateway.mail import Voice
from fake_backend.gateway.till import Till
from fake_backend.metrics import refusal_of

EAST: float = 8 * 3600.0
"""Seconds by which the clocks of documented gateways, which show China's time, are ahead of unix time"""


class Dialect(Protocol):
    """One language."""

    @property
    def name(self) -> str:
        """As `--dialect` has it."""

    @property
    def voice(self) -> Voice:
        """How notices are written and signed."""

    def transaction(self, number: int) -> str:
        """The name of a payment's transaction."""

    def say(self, refusal: Refusal) -> web.StreamResponse:
        """A no."""

    def routes(self, till: Till, door: Door) -> list[web.RouteDef]:
        """All that merchants may ask."""


def spoken(handler: Handler, say: Callable[[Refusal], web.StreamResponse]) -> Handler:
    """The handler, its refusals said in the dialect."""

    async def speak(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Exception as problem:
            return say(refusal_of(problem))

    return speak


def bank_of(chance: Chance, order: str, channel: str) -> str:
    """The bank that the payer of an order pays by, where the merchant does not say."""
    offered = [bank.bank for bank in BANKS.values() if channel in bank.channels]
    return offered[int(chance("payer:bank", order) * len(offered))]
