"""A switch that somebody serves over HTTP: on by PUT, off by DELETE, and by itself when its time is over."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec

from rushproof.errors import FaultError
from rushproof.faults import SwitchFault
from rushproof.inject.persistence import Refused, definite, persist
from rushproof.inject.place import Place
from rushproof.injection import Interval
from rushproof.seams import Mender

PATIENCE = 30.0
"""wall seconds that turning it off is tried for"""
_ON = 10.0
"""the same for turning it on: later, it would not be the drill that was written"""
_ANSWERS = 5.0
_TOLD = 200
_GONE = (404, 410)


class SwitchInjector:
    """Turns one switch on and off, and looks whether it is."""

    def __init__(self, fault: SwitchFault, place: Place, patience: float = PATIENCE) -> None:
        self._fault, self._place, self._patience = fault, place, patience
        self._url = place.url + fault.path
        self._known = False
        self._key = f"switch {uuid.uuid4().hex[:8]}"
        self._body = dict(place.resolved(fault.set))
        self._headers = {name: str(place.resolved(value)) for name, value in fault.headers.items()}
        way = place.transport
        self.mender: Mender = "target" if fault.ttl else "nobody" if way.proxy or way.sni or way.resolve else "guard"

    async def ready(self) -> None:
        """Off, and somebody is there who knows it; FaultError where nobody is."""
        if not self._known:
            status, told = await self._ask("DELETE", self._url)
            if not 200 <= status < 300 and status not in _GONE:
                raise self._answered("DELETE", status, told)
            sure = status not in _GONE  # some say so of a switch that is off
        shown, looked_at = await self._ask("GET", self._shown)  # also keeps a connection open for what comes
        if self._fault.shown is not None:
            if not 200 <= shown < 300 or _field(looked_at, self._fault.active) is None:
                raise self._unsaid(shown, looked_at)
        elif not self._known and not sure and not 200 <= shown < 300:
            found = f"DELETE {status} {self._cut(told)}".rstrip()
            raise self._place.wrong(f"{self._fault.path} is no switch: {found}; expected a path that PUT turns on and DELETE turns off")
        self._known = True

    async def inject(self, ttl: float) -> Interval:
        """On, for `ttl` wall seconds at the most; FaultError where it is not to be had, at once where the answer is a definite no."""
        asked, ends = time.time(), time.time() + ttl
        if self.mender == "guard":
            about = {"headers": self._headers, "tls": self._place.tls(), "gone": self._place.ours}
            mend = {"request": "DELETE", "url": self._url, **about}
            await self._place.guard.hold(self._key, self._place.told(f"DELETE {self._fault.path}"), ends, [mend])

        async def turn() -> None:
            left = {self._fault.ttl: round(max(ends - time.time(), 0.001), 3)} if self._fault.ttl else {}
            status, told = await self._ask("PUT", self._url, {**self._body, **left})
            if not 200 <= status < 300:
                raise self._answered("PUT", status, told)
            await self._believe(told, on=True)

        await persist(self._place.told(f"turning on {self._fault.path}"), turn, min(_ON, ttl), mends=False)
        return Interval(asked, time.time())

    async def mend(self) -> Interval:
        """Off; FaultError where it is not to be had, loudly, and after many tries."""
        asked = time.time()

        async def turn() -> None:
            status, told = await self._ask("DELETE", self._url)
            if not 200 <= status < 300 and status not in _GONE:
                raise self._answered("DELETE", status, told)
            await self._believe(told, on=False)

        await persist(self._place.told(f"turning off {self._fault.path}"), turn, self._patience, mends=True)
        confirmed = time.time()
        await self._place.guard.release(self._key)
        return Interval(asked, confirmed)

    async def close(self) -> None:
        """Nothing is held."""

    @property
    def _shown(self) -> str:
        return self._place.url + (self._fault.shown or self._fault.path)

    async def _believe(self, told: str, on: bool) -> None:
        """The switch's own answer where it says whether it is on; otherwise what is shown elsewhere."""
        if self._fault.shown is not None:
            await self._look(on)
        elif (active := _field(told, self._fault.active)) is not None and bool(active) is not on:
            raise self._place.wrong(f"{self._fault.path} answers that it is {'off' if on else 'on'}")

    async def _look(self, on: bool) -> None:
        status, told = await self._ask("GET", self._shown)
        active = _field(told, self._fault.active)
        if status != 200 or active is None:
            raise self._unsaid(status, told)
        if bool(active) is not on:
            raise self._place.wrong(f"GET {self._fault.shown} says that it is {'off' if on else 'on'}")

    def _unsaid(self, status: int, told: str) -> FaultError:
        problem = f"GET {self._fault.shown} does not say {self._fault.active!r}: {status} {self._cut(told)}"
        return self._place.wrong(problem.rstrip())

    def _answered(self, method: str, status: int, told: str) -> FaultError:
        kind = Refused if definite(status) else FaultError
        return kind(self._place.told(f"{method} {self._fault.path}: {status} {self._cut(told)}".rstrip()))

    def _cut(self, told: str) -> str:
        return self._place.masked(told)[:_TOLD]  # in this order: half a secret would not be known as one

    async def _ask(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> tuple[int, str]:
        patience = aiohttp.ClientTimeout(total=_ANSWERS)
        try:
            async with self._place.http.request(
                method, url, json=body, headers=self._headers, allow_redirects=False, timeout=patience
            ) as answer:
                return answer.status, " ".join((await answer.text()).split())
        except TimeoutError:
            raise self._place.wrong(f"{method} {self._fault.path}: no answer within {_ANSWERS:g} s") from None
        except (aiohttp.ClientError, ValueError, OSError) as problem:
            raise self._place.wrong(f"{method} {self._fault.path}: {str(problem) or type(problem).__name__}") from None


def _field(told: str, path: str) -> Any:
    """What stands at a dotted path; a word picks of a list the object of that `name`.  None where nothing does."""
    try:
        found: Any = msgspec.json.decode(told)
    except msgspec.DecodeError:
        return None
    for word in path.split("."):
        if isinstance(found, list):
            found = next((one for one in found if isinstance(one, dict) and one.get("name") == word), None)
        else:
            found = found.get(word) if isinstance(found, dict) else None
    return found
