"""The contract as an OpenAPI 3.1 document, its schemas taken from the very types that are read and written."""

from functools import partial
from typing import Any, Final

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.clock import ClockShown, SetClock
from fake_backend.health import Health
from fake_backend.problems import CODES, Problem
from fake_backend.reservations import ReservationShown, ReservationsShown, Reserve
from fake_backend.rounds import RoundsShown
from fake_backend.switches import Defect, SlowSync, SwitchesShown, SwitchShown

Json = dict[str, Any]
TEXT: Final = {"type": "string"}
TYPES: Final = (
    RoundsShown,
    Reserve,
    ReservationShown,
    ReservationsShown,
    ClockShown,
    SetClock,
    Health,
    SwitchesShown,
    SwitchShown,
    Problem,
)


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str, where: str, schema: Json, required: bool = True) -> Json:
    return {"name": name, "in": where, "required": required, "schema": schema}


def _answers(success: int, schema: Json, media: str, codes: tuple[str, ...]) -> Json:
    answers: Json = {str(success): {"description": "as asked", "content": {media: {"schema": schema}}}}
    for status in sorted({CODES[code][0] for code in (*codes, "malformed_request")}):
        titles = "; ".join(f"{code}: {CODES[code][1]}" for code in codes if CODES[code][0] == status)
        answers[str(status)] = {
            "description": titles or CODES["malformed_request"][1],
            "content": {"application/problem+json": {"schema": _ref("Problem")}},
        }
    return answers


def _operation(
    about: str,
    schema: Json,
    success: int = 200,
    codes: tuple[str, ...] = (),
    parameters: tuple[Json, ...] = (),
    body: Json | None = None,
    media: str = "application/json",
) -> Json:
    operation: Json = {"summary": about, "parameters": list(parameters), "responses": _answers(success, schema, media, codes)}
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


_page: Final = partial(
    _operation,
    schema=TEXT,
    media="text/csv",
    codes=("bad_field",),
    parameters=(
        _parameter("after", "query", {"type": "integer", "minimum": 0}, required=False),
        _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 200_000}, required=False),
    ),
)
_BODY: Final = ("malformed_json", "bad_field", "body_too_large")
_RESERVE: Final = (
    *_BODY, "key_missing", "key_malformed", "already_reserved", "round_not_open", "round_closed", "unknown_round", "key_reused",
    "overloaded", "not_stored",
)  # fmt: skip
_SWITCH: Final = (_parameter("name", "path", TEXT),)
_KEY: Final = {"type": "string", "pattern": "^[!-~]{1,64}$"}

PATHS: Final[dict[str, Json]] = {
    "/rounds": {"get": _operation("The rounds of the day, by the server's clock", _ref("RoundsShown"), codes=("not_stored",))},
    "/reservations": {
        "post": _operation(
            "Enter a round; answered when durable, and the same however often it is asked under one key",
            _ref("ReservationShown"), 201, _RESERVE, (_parameter("Idempotency-Key", "header", _KEY),), _ref("Reserve"),
        ),
        "get": _operation(
            "A person's reservation in a round", _ref("ReservationsShown"), codes=("bad_field",),
            parameters=(_parameter("person", "query", TEXT), _parameter("round", "query", TEXT)),
        ),
    },
    "/reservations/{sequence}": {
        "get": _operation(
            "One reservation by its number in the ledger", _ref("ReservationShown"), codes=("no_such_reservation",),
            parameters=(_parameter("sequence", "path", TEXT),),
        )
    },
    "/ledger/reservations.csv": {"get": _page("The ledger of reservations, ordered by sequence")},
    "/ledger/rounds.csv": {"get": _page("The rounds that were on offer")},
    "/clock": {
        "get": _operation("The server's clock", _ref("ClockShown")),
        "put": _operation("Set the server's clock; durable", _ref("ClockShown"), codes=(*_BODY, "not_stored"), body=_ref("SetClock")),
    },
    "/switches": {"get": _operation("The faults and planted defects there are", _ref("SwitchesShown"))},
    "/switches/{name}": {
        "put": _operation(
            "Turn a switch on", _ref("SwitchShown"), codes=(*_BODY, "no_such_switch"), parameters=_SWITCH,
            body={"anyOf": [_ref("Defect"), _ref("SlowSync")]},
        ),
        "delete": _operation("Turn a switch off", _ref("SwitchShown"), codes=("no_such_switch",), parameters=_SWITCH),
    },
    "/health": {"get": _operation("Whether the backend is well, and which switches are on", _ref("Health"))},
    "/metrics": {"get": _operation("Prometheus metrics", TEXT, media="text/plain")},
    "/openapi.json": {"get": _operation("This document", {"type": "object"})},
}  # fmt: skip


def document() -> Json:
    """The whole contract."""
    _, schemas = msgspec.json.schema_components((*TYPES, Defect, SlowSync), ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Reference reservation backend", "version": "1"},
        "paths": PATHS,
        "components": {"schemas": schemas},
    }


def routes() -> list[web.RouteDef]:
    """GET /openapi.json."""
    contract = document()

    async def show(request: web.Request) -> web.Response:
        return json_answer(contract)

    return [web.get("/openapi.json", show)]
