"""The gateway at work: its till and its mail, and what they do by themselves."""

import asyncio
import logging
from typing import Final

from fake_backend.gateway import payments, refunds, watch
from fake_backend.gateway.chance import Chance
from fake_backend.gateway.dialects.dialect import Dialect
from fake_backend.gateway.faults.fault import Fault
from fake_backend.gateway.mail import Mail
from fake_backend.gateway.meter import Meter
from fake_backend.gateway.premises import Premises
from fake_backend.gateway.schedules import SCHEDULES
from fake_backend.gateway.till import Till
from fake_backend.group_commit import NotStored

_LONGEST: Final = 0.25
"""wall seconds between two looks at what is due: the clock may be set meanwhile"""
log = logging.getLogger(__name__)


class Gateway:
    """The parts, put together."""

    def __init__(self, premises: Premises, dialect: Dialect) -> None:
        self.premises, self.dialect = premises, dialect
        self.chance: Chance = premises.chance
        self.meter: Meter = premises.meter
        settings, books, now, active = premises.settings, premises.books, premises.now, premises.active
        self.till = Till(books, now, active, settings.hosts, dialect.transaction, dialect.voice.tells)
        self.mail = Mail(books, now, active, SCHEDULES[settings.schedule], dialect.voice, premises.outside)
        self._wake = asyncio.Event()
        self.till.wrote = self.mail.came_back = self._wake.set

    def now(self) -> float:
        """The gateway's time."""
        return self.premises.now()

    def remaining(self, fault: Fault) -> float:
        """Wall seconds until the fault ends."""
        return self.premises.remaining(fault)

    async def told(self, order: str) -> None:
        """Returns when everything that has happened to the order was told once."""
        await self.catch_up()

    async def catch_up(self) -> None:
        """Do what is due now, and wait until the notices that are due have been sent."""
        now = self.now()
        await self.till.settle(now)
        await self.mail.send(now)
        await self.mail.sent()

    async def work(self) -> None:
        """Do what is due whenever it is, until cancelled."""
        while True:
            self._wake.clear()
            wait = _LONGEST
            try:
                now = self.now()
                due = min(await self.till.settle(now), await self.mail.send(now))
                if due != float("inf"):
                    wait = self.premises.clock.wall_until(due - self.premises.active.skew())
            except NotStored:
                log.debug("the ledger is away")
            except Exception:
                log.exception("what was due could not be done")
            try:
                async with asyncio.timeout(min(max(wait, 0.001), _LONGEST)):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def close(self) -> None:
        """Let go of what is on its way; it is sent again after the next start."""
        self.mail.stop()
        await self.mail.sent()
        await self.premises.outside.close()

    async def health(self) -> watch.Health:
        """Whether it is well."""
        disabled, premises = await self.mail.disabled(), self.premises
        names = [fault.name for fault in premises.active.all()]
        return watch.Health(
            "ok", names, premises.clock.shown(), premises.settings.schedule, premises.way().name, premises.settings.dialect, disabled
        )

    async def quiet(self) -> watch.Quiet:
        """What is under way."""
        read = self.premises.books.read
        under_way = [int((await read(query))[0][0]) for query in (payments.UNDER_WAY, refunds.UNDER_WAY)]
        waiting, given_up = await self.mail.waiting()
        return watch.Quiet(under_way[0], under_way[1], waiting, given_up)
