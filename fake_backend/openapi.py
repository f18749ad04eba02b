"""The contract as an OpenAPI 3.1 document, its schemas taken from the very types that are read and written."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.asked import Reserve
from fake_backend.clock import ClockShown, SetClock
from fake_backend.contract import BODY, GUARDED, TEXT, Json, operation, parameter, ref
from fake_backend.health import Health
from fake_backend.problems import Problem
from fake_backend.quiet import Quiet
from fake_backend.reservations import ReservationShown, ReservationsShown
from fake_backend.room import Room
from fake_backend.rounds import RoundsShown
from fake_backend.switches import TYPES as SWITCHED
from fake_backend.switches import SwitchesShown, SwitchShown

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
    Quiet,
    Problem,
)


_page: Final = partial(
    operation,
    schema=TEXT,
    media="text/csv",
    codes=("bad_field",),
    parameters=(
        parameter("after", "query", {"type": "integer", "minimum": 0}, required=False),
        parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 200_000}, required=False),
    ),
)
_RESERVE: Final = (
    *BODY, *GUARDED, "key_missing", "key_malformed", "already_reserved", "round_not_open", "round_closed", "unknown_round", "key_reused",
    "overloaded", "not_stored", "database_away",
)  # fmt: skip
_SETTINGS: Final = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
_SWITCH: Final = (parameter("name", "path", TEXT),)
_KEY: Final = {"type": "string", "pattern": "^[!-~]{1,64}$"}

_QUIET: Final = operation("Whether anything that was begun is still under way: 200 if not, 503 if so", ref("Quiet"))
_QUIET["responses"]["503"]["content"]["application/json"] = {"schema": ref("Quiet")}

PATHS: Final[dict[str, Json]] = {
    "/rounds": {"get": operation("The rounds of the day, by the server's clock", ref("RoundsShown"), codes=("not_stored",))},
    "/reservations": {
        "post": operation(
            "Enter a round; answered when durable, and the same however often it is asked under one key",
            ref("ReservationShown"), 201, _RESERVE, (parameter("Idempotency-Key", "header", _KEY),), ref("Reserve"),
        ),
        "get": operation(
            "A person's reservation in a round", ref("ReservationsShown"), codes=("bad_field", *GUARDED),
            parameters=(parameter("person", "query", TEXT), parameter("round", "query", TEXT)),
        ),
    },
    "/reservations/{sequence}": {
        "get": operation(
            "One reservation by its number in the ledger", ref("ReservationShown"), codes=("no_such_reservation", *GUARDED),
            parameters=(parameter("sequence", "path", TEXT),),
        )
    },
    "/ledger/reservations.csv": {"get": _page("The ledger of reservations, ordered by sequence")},
    "/ledger/rounds.csv": {"get": _page("The rounds that were on offer")},
    "/clock": {
        "get": operation("The server's clock", ref("ClockShown")),
        "put": operation("Set the server's clock; durable", ref("ClockShown"), codes=(*BODY, "not_stored"), body=ref("SetClock")),
    },
    "/settings": {"get": operation("Every setting of the day; moments are clock times, lengths have a unit", _SETTINGS)},
    "/switches": {"get": operation("The faults and planted defects there are", ref("SwitchesShown"))},
    "/switches/{name}": {
        "put": operation(
            "Turn a switch on", ref("SwitchShown"), codes=(*BODY, "no_such_switch"), parameters=_SWITCH,
            body={"anyOf": [ref(kind.__name__) for kind in SWITCHED]},
        ),
        "delete": operation("Turn a switch off", ref("SwitchShown"), codes=("no_such_switch",), parameters=_SWITCH),
    },
    "/health": {"get": operation("Whether the backend is well, and which switches are on", ref("Health"))},
    "/quiet": {"get": _QUIET},
    "/metrics": {"get": operation("Prometheus metrics", TEXT, media="text/plain")},
    "/openapi.json": {"get": operation("This document", {"type": "object"})},
}  # fmt: skip


def document(rooms: Sequence[Room] = ()) -> Json:
    """The whole contract: of what is always there, and of the rooms."""
    paths, types = dict(PATHS), [*TYPES, *SWITCHED]
    for room in rooms:
        paths.update(room.contract)
        types.extend(room.types)
        paths.update({f"/ledger/{name}.csv": {"get": _page(f"The ledger {name.replace('_', ' ')}, page by page")} for name in room.ledgers})
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Reference reservation backend", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def routes(rooms: Sequence[Room] = ()) -> list[web.RouteDef]:
    """GET /openapi.json."""
    contract = document(rooms)

    async def show(request: web.Request) -> web.Response:
        return json_answer(contract)

    return [web.get("/openapi.json", show)]
