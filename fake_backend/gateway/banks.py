"""The banks behind the gateway, where they are, and the channels by which their customers pay."""

from typing import Final

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer
from fake_backend.facts import Refusal


class Bank(msgspec.Struct, frozen=True):
    """One bank; none of them exists."""

    bank: str
    region: str
    channels: tuple[str, ...]


class BanksShown(msgspec.Struct, frozen=True):
    """What GET /banks answers."""

    banks: list[Bank]


BANKS: Final = {
    bank.bank: bank
    for bank in (
        Bank("riverside", "east", ("app", "scan", "web")),
        Bank("harbour", "south", ("app", "scan", "web")),
        Bank("highland", "west", ("app", "scan")),
        Bank("capital", "north", ("app", "scan", "web")),
        Bank("meadow", "north", ("app", "scan")),
    )
}


def region(bank: str) -> str:
    """Where the bank is; empty where there is no such bank."""
    return BANKS[bank].region if bank in BANKS else ""


def unserved(bank: str, channel: str) -> Refusal | None:
    """Why nobody can pay by this bank and channel; None where they can."""
    if bank not in BANKS:
        return Refusal("unknown_bank", f"known: {', '.join(BANKS)}", "bank")
    if channel not in BANKS[bank].channels:
        return Refusal("unknown_channel", f"{bank} has {', '.join(BANKS[bank].channels)}", "channel")
    return None


def routes() -> list[web.RouteDef]:
    """GET /banks."""

    async def show(request: web.Request) -> web.Response:
        return json_answer(BanksShown(list(BANKS.values())))

    return [web.get("/banks", show)]
