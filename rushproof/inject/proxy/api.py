"""Toxiproxy's HTTP API over our proxies, so that its clients drive them.

What is ours beside it: `ttl` in a toxic, or beside `enabled: false`, is after how many seconds it ends by itself; /version says so.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from rushproof import __version__
from rushproof.inject.proxy.proxies import Proxies, Wrong
from rushproof.inject.proxy.proxy import Proxy

SPEAKS = "2.12.0"
"""the Toxiproxy whose API this is"""
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """One coroutine an endpoint."""

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies

    def application(self) -> web.Application:
        """The endpoints, and one way to refuse."""
        made = web.Application(middlewares=[_refused])
        one, toxics, toxic = "/proxies/{proxy}", "/proxies/{proxy}/toxics", "/proxies/{proxy}/toxics/{toxic}"
        made.add_routes(
            [
                web.get("/proxies", self._index),
                web.post("/proxies", self._make),
                web.post("/populate", self._populate),
                web.post("/reset", self._reset),
                web.get(one, self._show),
                web.post(one, self._change),
                web.patch(one, self._change),
                web.delete(one, self._remove),
                web.get(toxics, self._toxics),
                web.post(toxics, self._add),
                web.get(toxic, self._toxic),
                web.post(toxic, self._renew),
                web.patch(toxic, self._renew),
                web.delete(toxic, self._take_away),
                web.get("/version", self._version),
                web.get("/metrics", self._metrics),
            ]
        )
        return made

    async def _index(self, _: web.Request) -> web.Response:
        return _json({name: proxy.shown() for name, proxy in self._proxies.all().items()})

    async def _make(self, request: web.Request) -> web.Response:
        return _json((await self._proxies.make(await _body(request))).shown(), 201)

    async def _populate(self, request: web.Request) -> web.Response:
        return _json({"proxies": [proxy.shown() for proxy in await self._proxies.populate(await _body(request))]}, 201)

    async def _reset(self, _: web.Request) -> web.Response:
        await self._proxies.reset()
        return web.Response(status=204)

    async def _show(self, request: web.Request) -> web.Response:
        return _json(self._proxy(request).shown())

    async def _change(self, request: web.Request) -> web.Response:
        return _json((await self._proxies.change(request.match_info["proxy"], await _body(request))).shown())

    async def _remove(self, request: web.Request) -> web.Response:
        await self._proxies.remove(request.match_info["proxy"])
        return web.Response(status=204)

    async def _toxics(self, request: web.Request) -> web.Response:
        return _json(list(self._proxy(request).toxics.values()))

    async def _add(self, request: web.Request) -> web.Response:
        proxy, told = self._proxy(request), await _body(request)
        return _json(_meant(lambda: proxy.add(told)))

    async def _toxic(self, request: web.Request) -> web.Response:
        return _json(_meant(lambda: self._proxy(request).toxics[request.match_info["toxic"]]))

    async def _renew(self, request: web.Request) -> web.Response:
        proxy, told = self._proxy(request), await _body(request)
        return _json(_meant(lambda: proxy.change(request.match_info["toxic"], told)))

    async def _take_away(self, request: web.Request) -> web.Response:
        _meant(lambda: self._proxy(request).remove(request.match_info["toxic"]))
        return web.Response(status=204)

    async def _version(self, _: web.Request) -> web.Response:
        return _json({"version": SPEAKS, "rushproof": __version__, "ttl": True})

    async def _metrics(self, _: web.Request) -> web.Response:
        name = "toxiproxy_proxy_received_bytes_total"
        lines = [f"# HELP {name} Bytes read by a proxy, by direction.", f"# TYPE {name} counter"]
        for proxy in self._proxies.all().values():
            for stream in ("upstream", "downstream"):
                labels = f'direction="{stream}",listener="{proxy.listen}",proxy="{_quoted(proxy.name)}",upstream="{_quoted(proxy.told)}"'
                lines.append(f"{name}{{{labels}}} {proxy.received(stream)}")
        return web.Response(text="\n".join(lines) + "\n")

    def _proxy(self, request: web.Request) -> Proxy:
        return self._proxies.get(request.match_info["proxy"])


@web.middleware
async def _refused(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Errors in the API's own shape; a page in a browser may not reach in here."""
    if request.headers.get("User-Agent", "").startswith("Mozilla/"):
        return _json({"error": "User agent not allowed", "status": 403}, 403)
    try:
        return await handler(request)
    except Wrong as wrong:
        return _json({"error": str(wrong), "status": wrong.status}, wrong.status)


async def _body(request: web.Request) -> Any:
    try:
        return _said(msgspec.json.decode(await request.read()))
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise Wrong(400, f"bad request body: {problem}") from None


def _said(told: Any) -> Any:
    """Without what is null, which clients write for what they leave out."""
    if isinstance(told, dict):
        return {key: _said(value) for key, value in told.items() if value is not None}
    return [_said(each) for each in told] if isinstance(told, list) else told


def _meant(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except FileExistsError:
        raise Wrong(409, "toxic already exists") from None
    except KeyError:
        raise Wrong(404, "toxic not found") from None
    except ValueError as problem:
        raise Wrong(400, f"bad request body: {problem}") from None


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
