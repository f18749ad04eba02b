"""Who asks: the person a request speaks for, and the key it has for being tried again."""

import re
from typing import Final

import msgspec
from aiohttp import web

from fake_backend.contract import TEXT, parameter
from fake_backend.facts import Identifier
from fake_backend.problems import Refused, refused
from fake_backend.room import Site

_KEY: Final = re.compile(r"[!-~]{1,64}")
KEY: Final = parameter("Idempotency-Key", "header", {"type": "string", "pattern": "^[!-~]{1,64}$"})
"""the key in the contract"""
PERSON: Final = parameter("person", "query", TEXT)


def key_of(request: web.Request) -> str:
    """The Idempotency-Key, or a refusal."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise refused("key_missing", "it needs a key of its own, kept when it is tried again", "Idempotency-Key")
    if not _KEY.fullmatch(key):
        raise refused("key_malformed", "expected 1 to 64 visible ASCII characters", "Idempotency-Key")
    return key


def identifier(request: web.Request, name: str) -> str:
    """An id of the query string, or a refusal."""
    try:
        return msgspec.convert(request.query.get(name, ""), Identifier)
    except msgspec.ValidationError as problem:
        raise refused("bad_field", str(problem), name) from None


def let_in(site: Site, request: web.Request, person: str) -> None:
    """Refuse a request that may not speak for the person."""
    refusal = site.guard(request, person)
    if refusal is not None:
        raise Refused(refusal)
