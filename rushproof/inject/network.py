"""Something wrong with the network: toxics of a proxy that stands in front, put there and taken away."""

import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from rushproof.errors import FaultError
from rushproof.faults import NetworkFault
from rushproof.inject.passage import Passage
from rushproof.inject.persistence import persist
from rushproof.inject.place import Place
from rushproof.injection import Interval
from rushproof.seams import Mender

PATIENCE = 30.0
"""wall seconds that taking them away is tried for"""
_ON = 10.0
"""the same for putting them there: later, it would not be the drill that was written"""


class NetworkInjector:
    """Puts toxics on one proxy, or takes it down; and makes it as it was."""

    def __init__(self, fault: NetworkFault, place: Place, patience: float = PATIENCE) -> None:
        self._fault, self._place, self._patience = fault, place, patience
        mark = uuid.uuid4().hex[:8]
        self._key, self._so = f"network {mark}", 0.0
        told: list[Mapping[str, Any]] = list(place.resolved(list(fault.toxics)))
        # names of our own: a toxic that the proxy has already is not ours to take away
        self._toxics = [{**each, "name": f"{each.get('name') or each.get('type')}-{mark}-{nth}"} for nth, each in enumerate(told)]
        self.mender: Mender = "leash" if place.passage is not None and place.passage.ours else "guard"

    async def ready(self) -> None:
        """Return where the proxy is there, and lets everybody through; FaultError otherwise."""
        status, told = await self._passage.ask("GET")
        if status != 200 or not isinstance(told, dict):
            raise self._passage.wrong("it is not there", status, told)
        if not told.get("enabled", True):
            raise self._place.wrong(f"the proxy {self._passage.name} is down already")

    async def inject(self, ttl: float) -> Interval:
        """All toxics are on every connection, and nobody is let through where it is down; FaultError at once where it is refused."""
        asked, ends = time.time(), time.time() + ttl
        if self.mender == "guard":
            await self._place.guard.hold(self._key, self._place.told("let through by its proxy as before"), ends, self._steps())

        async def put() -> None:
            left = {"ttl": round(max(ends - time.time(), 0.001), 3)} if self._passage.ours else {}
            for each in self._toxics:
                await self._asked("POST", "/toxics", {**each, **left}, also=409)
            if self._fault.down:
                await self._asked("POST", "", {"enabled": False, **left})
            await self._look(on=True)

        await persist(self._place.told("spoiling the network"), put, min(_ON, ttl), mends=False)
        return Interval(asked, self._so)

    async def mend(self) -> Interval:
        """Everybody gets through as before; FaultError where that is not to be had, loudly, and after many tries."""
        asked = time.time()

        async def take_away() -> None:
            if self._fault.down:
                await self._asked("POST", "", {"enabled": True})
            for each in self._toxics:
                await self._asked("DELETE", f"/toxics/{quote(each['name'], safe='')}", also=404)
            await self._look(on=False)

        await persist(self._place.told("mending the network"), take_away, self._patience, mends=True)
        await self._place.guard.release(self._key)
        return Interval(asked, self._so)

    async def close(self) -> None:
        """Nothing is held."""

    @property
    def _passage(self) -> Passage:
        if self._place.passage is None:
            raise self._place.wrong("no proxy stands in front of it")
        return self._place.passage

    async def _asked(self, method: str, path: str, body: Mapping[str, Any] | None = None, also: int = 200) -> None:
        status, told = await self._passage.ask(method, path, body)
        if not 200 <= status < 300 and status != also:
            raise self._passage.wrong(f"{method} {path or 'it'}", status, told)

    async def _look(self, on: bool) -> None:
        """FaultError where the proxy does not say that it is as it should be now."""
        answered = time.time()
        status, told = await self._passage.ask("GET")
        if status != 200 or not isinstance(told, dict):
            raise self._passage.wrong("it does not say how it is", status, told)
        there = {each.get("name") for each in told.get("toxics") or ()}
        wrong = [each["name"] for each in self._toxics if (each["name"] in there) is not on]
        if wrong:
            raise FaultError(f"the proxy {self._passage.name} {'has no' if on else 'still has the'} toxic {wrong[0]}")
        if self._fault.down and told.get("enabled") is on:
            raise FaultError(f"the proxy {self._passage.name} is {'up' if on else 'down'}")
        # ours answers a change when every connection has it; of another one nobody knows before it says so
        self._so = answered if self._passage.ours else time.time()

    def _steps(self) -> list[Mapping[str, Any]]:
        """What the guard has to do."""
        url, sent = self._passage.url, {"Content-Type": "application/json"}
        enable = {"request": "POST", "url": url, "headers": sent, "body": '{"enabled": true}'}
        away = [{"request": "DELETE", "url": f"{url}/toxics/{quote(each['name'], safe='')}"} for each in self._toxics]
        return [*([enable] if self._fault.down else []), *away]
