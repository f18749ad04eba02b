"""The paths by which faults are listed, turned on and turned off."""

from typing import Any, Final

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer, parsed
from fake_backend.gateway.active import Active
from fake_backend.gateway.faults.broken_tls import BrokenTls
from fake_backend.gateway.faults.fault import Fault
from fake_backend.gateway.faults.known import FAULTS
from fake_backend.problems import refused


class FaultShown(msgspec.Struct, frozen=True):
    """One fault as GET /faults lists it; `remaining` is in seconds of wall time, `takes` the JSON Schema of what PUT takes."""

    name: str
    behaviour: str
    about: str
    active: bool
    remaining: float
    setting: dict[str, Any] | None
    takes: dict[str, Any]


class FaultsShown(msgspec.Struct, frozen=True):
    """What GET /faults answers."""

    faults: list[FaultShown]


def shown(active: Active, kind: type[Fault]) -> FaultShown:
    """One fault for people."""
    fault = active.named(kind.name)
    setting = None if fault is None else msgspec.to_builtins(fault)
    remaining = 0.0 if fault is None else round(active.remaining(fault), 3)
    return FaultShown(kind.name, kind.behaviour, about(kind), fault is not None, remaining, setting, _SCHEMAS[kind])


def about(kind: type[Fault]) -> str:
    """What the fault does, in its own words."""
    return " ".join((kind.__doc__ or "").split())


def routes(active: Active) -> list[web.RouteDef]:
    """GET /faults, PUT and DELETE /faults/{name}."""

    async def show(request: web.Request) -> web.Response:
        return json_answer(FaultsShown([shown(active, kind) for kind in FAULTS.values()]))

    async def put(request: web.Request) -> web.Response:
        kind = _named(request)
        fault = await parsed(request, _DECODE[kind])
        if isinstance(fault, BrokenTls) and not active.tls:
            raise refused("no_certificate", "start it with --certificate FILE", "name")
        active.put(fault)
        return json_answer(shown(active, kind))

    async def drop(request: web.Request) -> web.Response:
        kind = _named(request)
        active.drop(kind.name)
        return json_answer(shown(active, kind))

    return [web.get("/faults", show), web.put("/faults/{name}", put), web.delete("/faults/{name}", drop)]


_DECODE: Final = {kind: msgspec.json.Decoder(kind).decode for kind in FAULTS.values()}
_SCHEMAS: Final = {kind: msgspec.json.schema(kind) for kind in FAULTS.values()}


def _named(request: web.Request) -> type[Fault]:
    name = request.match_info["name"]
    if name not in FAULTS:
        raise refused("no_such_fault", "GET /faults lists those there are", "name")
    return FAULTS[name]
