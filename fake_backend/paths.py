"""The answer to a path or a method that does not exist, and to an expectation that is not met."""

import re

import aiohttp.hdrs
from aiohttp import web

from fake_backend.answers import Handler
from fake_backend.facts import Refusal
from fake_backend.problems import Refused, answer


def unknown(table: list[web.RouteDef]) -> Handler:
    """A handler for whatever no route took: 405 with the methods the path takes, or 404."""
    known = [(re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route.path))), route.method) for route in table]

    async def refuse(request: web.Request) -> web.StreamResponse:
        methods = sorted({method for path, method in known if path.fullmatch(request.path)})
        if methods:
            raise Refused(Refusal("method_not_allowed", f"takes {', '.join(methods)}", None, {"Allow": ", ".join(methods)}))
        raise Refused(Refusal("no_such_path", "see /openapi.json for the paths there are"))

    return refuse


async def expected(request: web.Request) -> web.StreamResponse | None:
    """Whether the client may go on with its body: yes to 100-continue, else 417; the header's own bytes are not repeated."""
    if request.headers.get(aiohttp.hdrs.EXPECT, "").lower() != "100-continue":
        return answer(Refusal("expectation_failed", "only 100-continue can be expected"))
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0
    return None
