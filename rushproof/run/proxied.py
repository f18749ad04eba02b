"""Proxies in front of those whose network a drill spoils: whoever is told their URL is told the proxy's instead."""

import contextlib
import math
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from uuid import uuid4

import aiohttp
import msgspec

from rushproof.drill import DrillSpec
from rushproof.drill_check import TARGET
from rushproof.engine.address import Address
from rushproof.errors import FaultError, InputError, TargetError
from rushproof.faults import NetworkFault
from rushproof.inject.guarding import Guarding, guarding
from rushproof.inject.passage import Passage
from rushproof.plan import Plan, Transport
from rushproof.reach import loopback
from rushproof.run.control import control_session, said
from rushproof.run.target import Target, start
from rushproof.scenario import BesideSpec

PROXY = "proxy"
"""the name of our own process in messages, and in that of its log"""
_PATIENCE = aiohttp.ClientTimeout(total=5.0)
_COMMAND = "python -m rushproof.inject.proxy --port {{port}} --seed {seed}"


class Front(msgspec.Struct, frozen=True):
    """What is told of somebody: the URL, and the address at which its host is then found."""

    url: str
    ip: str | None = None
    """None where it is told as it is"""

    def way(self, transport: Transport) -> Transport:
        """How the load goes there."""
        return transport if self.ip is None else msgspec.structs.replace(transport, resolve=self.ip)


class Fronts:
    """Stands proxies in front of some, and knows them by whose they are."""

    def __init__(self, drill: DrillSpec | None, plan: Plan, folder: Path, ending: contextlib.AsyncExitStack) -> None:
        """InputError where two faults want two proxies in front of the same one."""
        self._plan, self._folder, self._ending = plan, folder, ending
        self._wanted: dict[str, NetworkFault] = {}
        for name, fault in drill.faults.items() if drill is not None else ():
            if isinstance(fault, NetworkFault):
                first = self._wanted.setdefault(fault.on, fault)
                if (first.toxiproxy, first.proxy) != (fault.toxiproxy, fault.proxy):
                    raise InputError(f"the fault {name!r}: another proxy stands in front of {fault.on} already: say the same one in both")
        self._passages: dict[str, Passage] = {}
        self._apis: dict[str | None, tuple[str, aiohttp.ClientSession]] = {}
        self._guard: Guarding | None = None
        self.process: tuple[Target, aiohttp.ClientSession] | None = None
        """our own, and what reaches it; None where none is needed"""

    @property
    def passages(self) -> Mapping[str, Passage]:
        """The proxy of each on whom a network fault is."""
        return self._passages

    async def begin(self) -> None:
        """Reach what others have; InputError where it is not there."""
        for name, fault in self._wanted.items():
            if fault.proxy is not None:
                if fault.toxiproxy is None:
                    raise InputError(f"a network fault on {name} names the proxy {fault.proxy!r}: say whose, with `toxiproxy`")
                await self._stand(name, fault.proxy)

    async def front(self, name: str, url: str) -> Front:
        """How others are to come to somebody who is at `url`; TargetError where no proxy can be stood in front."""
        if name not in self._wanted or name in self._passages:
            return Front(url)
        if name == TARGET and self._plan.transport.proxy is not None:
            raise InputError("a network fault on the target: the load goes there through a proxy already (target.transport.proxy)")
        spec = self._plan.transport if name == TARGET else Transport()
        address = Address(url, msgspec.structs.replace(spec, http="1.1"), self._plan.own_host, self._plan.addresses)
        passage = await self._stand(name, f"rushproof-{name}-{uuid4().hex[:6]}")
        there = Address(passage.api, Transport(), self._plan.own_host, self._plan.addresses).ip
        if loopback(address.ip) and not loopback(there):
            raise TargetError(f"{passage.api} is elsewhere, and cannot reach {name} at {url}")
        ip = address.ip if loopback(address.ip) else there
        made = {"name": passage.name, "listen": _joined(ip, 0), "upstream": _joined(address.ip, address.port), "enabled": True}
        if not passage.ours:
            await self._promise(passage)
        try:
            async with passage.http.post(f"{passage.api}/proxies", json=made, allow_redirects=False, timeout=_PATIENCE) as answer:
                told = await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise TargetError(f"no proxy can be stood in front of {name}: {problem}") from None
        if answer.status != 201:
            raise TargetError(f"no proxy can be stood in front of {name}: {passage.api}: {answer.status} {told.strip()}")
        listen = urlsplit(f"tcp://{msgspec.json.decode(told)['listen']}")
        return Front(_through(urlsplit(url), listen.port or 0), ip)

    async def _stand(self, name: str, proxy: str) -> Passage:
        api = self._wanted[name].toxiproxy
        if api not in self._apis:
            self._apis[api] = await self._ours() if api is None else await self._theirs(api)
        url, http = self._apis[api]
        self._passages[name] = Passage(api=url, name=proxy, http=http, ours=api is None)
        return self._passages[name]

    async def _promise(self, passage: Passage) -> None:
        """What is about to be made there is taken away afterwards, by us or by the guard."""
        try:
            if self._guard is None:
                self._guard = await self._ending.enter_async_context(guarding(self._folder))
            away = [{"request": "DELETE", "url": passage.url}]
            await self._guard.hold(passage.name, f"the proxy {passage.name} taken away from {passage.api}", math.inf, away)
        except FaultError as problem:
            raise TargetError(f"{problem}; nothing was started") from None
        self._ending.push_async_callback(_taken_away, passage, self._guard)

    async def _ours(self) -> tuple[str, aiohttp.ClientSession]:
        command = _COMMAND.format(seed=self._plan.seed)
        if (own := self._plan.own_host) and TARGET in self._wanted:
            way = Transport(resolve=self._plan.transport.resolve)
            command += f" --own-host {Address(f'http://{_bracketed(own)}', way, own, self._plan.addresses).ip}"
        target = await start(BesideSpec(command=command, ready="/version"), self._folder, {}, PROXY)
        self._ending.push_async_callback(target.stop)
        http = await self._ending.enter_async_context(control_session(target.url, Transport()))
        self.process = target, http
        await target.ready(http)
        return target.url, http

    async def _theirs(self, api: str) -> tuple[str, aiohttp.ClientSession]:
        url = api.rstrip("/")
        session = control_session(url, Transport(), self._plan.own_host, self._plan.addresses)
        http = await self._ending.enter_async_context(session)
        try:
            async with http.get(f"{url}/version", allow_redirects=False, timeout=_PATIENCE) as answer:
                if answer.status == 200:
                    return url, http
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise TargetError(
                f"the Toxiproxy {url} does not answer: {said(problem)}; start it, or leave out `toxiproxy` for our own"
            ) from None
        raise TargetError(f"the Toxiproxy {url}: GET /version: {answer.status}")


async def _taken_away(passage: Passage, guard: Guarding) -> None:
    with contextlib.suppress(FaultError):  # the guard goes on trying
        status, _ = await passage.ask("DELETE")
        if status in (204, 404):
            await guard.release(passage.name)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _joined(ip: str, port: int) -> str:
    return f"{_bracketed(ip)}:{port}"


def _through(parts: SplitResult, port: int) -> str:
    """The same URL with another port; the host stays, for the certificate's sake."""
    return parts._replace(netloc=_joined(parts.hostname or "", port)).geturl()


@contextlib.asynccontextmanager
async def fronts(drill: DrillSpec | None, plan: Plan, folder: Path) -> AsyncIterator[Fronts]:
    """Nothing stands in front of anybody afterwards."""
    async with contextlib.AsyncExitStack() as ending:
        made = Fronts(drill, plan, folder, ending)
        await made.begin()
        yield made
