"""What the beacon tells: its parameters, the latest round, and any round that is out, by the paths of drand."""

import asyncio
import re
from pathlib import Path
from typing import Any, Protocol

import msgspec
from aiohttp import web

from fake_backend import lone
from fake_backend.answers import json_answer
from fake_backend.beacon.chain import Chains, Info, RoundShown, recorded
from fake_backend.clock import Clock
from fake_backend.contract import TEXT, operation, parameter, ref
from fake_backend.facts import written
from fake_backend.problems import refused


class Source(Protocol):
    """Where rounds come from."""

    def info(self, chain: str | None, now: float) -> dict[str, Any] | None:
        """The parameters of the chain, or of the one in use; None where there is no such chain."""

    def round(self, chain: str | None, number: int, now: float) -> dict[str, Any] | None:
        """The round; None where it was never given out."""


class Own:
    """The beacon's own chains."""

    def __init__(self, secret: bytes) -> None:
        self._chains = Chains(secret)

    def info(self, chain: str | None, now: float) -> dict[str, Any] | None:
        found = self._chains.at(now) if chain is None else self._chains.named(chain, now)
        return msgspec.to_builtins(found.info) if found else None

    def round(self, chain: str | None, number: int, now: float) -> dict[str, Any] | None:
        found = self._chains.at(now) if chain is None else self._chains.named(chain, now)
        return msgspec.to_builtins(found.round(number)) if found and 0 < number <= found.latest(now) else None


class Recorded:
    """Rounds of a real beacon that somebody wrote down; those that are missing were never given out."""

    def __init__(self, text: bytes) -> None:
        self._info, self._rounds = recorded(text)

    def info(self, chain: str | None, now: float) -> dict[str, Any] | None:
        return self._info if chain in (None, self._info["hash"]) else None

    def round(self, chain: str | None, number: int, now: float) -> dict[str, Any] | None:
        return self._rounds.get(number) if self.info(chain, now) else None


class Desk:
    """Answers for a source; no round is told before its time."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source, self._clock = source, clock

    async def info(self, request: web.Request) -> web.Response:
        """GET /info"""
        return json_answer(await self._info(request))

    async def round(self, request: web.Request) -> web.Response:
        """GET /public/{round}; `latest` is one too."""
        now, info, text = self._clock.now(), await self._info(request), request.match_info["round"]
        latest = int((now - info["genesis_time"]) // info["period"]) + 1
        if text != "latest" and not re.fullmatch("[0-9]{1,12}", text):
            raise refused("no_such_round", "expected the number of a round, or latest", "round")
        number = latest if text == "latest" else int(text)
        if number > latest:
            out = info["genesis_time"] + (number - 1) * info["period"]
            raise refused("round_not_out", f"it is out at {written(out)}" if out < 2**32 else "it is not out for long", "round")
        for asked in range(number, max(number - 1000, 0) if text == "latest" else number - 1, -1):
            found = await asyncio.to_thread(self._source.round, request.match_info.get("chain"), asked, now)
            if found is not None:
                return json_answer(found)
        raise refused("no_such_round", "it was never given out", "round")

    async def _info(self, request: web.Request) -> dict[str, Any]:
        found = await asyncio.to_thread(self._source.info, request.match_info.get("chain"), self._clock.now())
        if found is None:
            raise refused("no_such_chain", "this beacon never had it", "chain")
        return found


def compose(file: Path, clock: Clock, source: Source) -> web.Application:
    """The beacon; of its own it keeps nothing but its clock."""
    desk, own, described = Desk(source, clock), [], {}
    for prefix, chain in (("", ()), ("/{chain}", (parameter("chain", "path", TEXT),))):
        own += [web.get(f"{prefix}/info", desk.info), web.get(f"{prefix}/public/{{round}}", desk.round)]
        codes = ("no_such_chain",) if chain else ()
        described[f"{prefix}/info"] = {"get": operation("The chain's parameters", ref("Info"), codes=codes, parameters=chain)}
        described[f"{prefix}/public/{{round}}"] = {
            "get": operation(
                "A round that is out, or the latest", ref("RoundShown"), codes=(*codes, "no_such_round", "round_not_out"),
                parameters=(*chain, parameter("round", "path", TEXT)),
            )
        }  # fmt: skip
    return lone.application("Beacon", clock, file.with_name(file.name + ".clock"), own, described, (Info, RoundShown))
