"""What is published of a draw: to everybody its state and the bundle it is recomputed from, to each person the proof of their own entry."""

import asyncio
import csv
import io
import json
import re
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer, whole_number
from fake_backend.contract import GUARDED, TEXT, operation, parameter, ref
from fake_backend.draw import drawing as kept
from fake_backend.draw.commitment import Commitment, canonical
from fake_backend.draw.drawing import Drawing
from fake_backend.draw.entry import Pen
from fake_backend.draw.results import person_of
from fake_backend.draw.spools import Spools
from fake_backend.facts import written
from fake_backend.problems import answer, refused
from fake_backend.room import Site

_PUBLIC: Final = ("published", "told")
_CHECKER: Final = Path(__file__).with_name("verify_draw.py")
_LARGEST_PAGE: Final = 200_000
_NAME: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_HEADS: Final = 8


class DrawShown(msgspec.Struct, frozen=True):
    """What GET /draws/{round} answers, as far as the draw is."""

    now: str
    round: str
    state: str
    """frozen, committed, drawn or published"""
    commitment: Commitment | None = None
    hash: str = ""
    """of the commitment"""
    notarised: dict[str, Any] | None = None
    """what the notary shows of the draw"""
    beacon: dict[str, Any] | None = None
    """the beacon's parameters, and the round that was taken"""
    seed: str = ""
    winners: int = 0


class Proof(msgspec.Struct, frozen=True):
    """What GET /draws/{round}/proofs/{reservation} answers: that the entry is in the tree, and which of the tags is the person's."""

    draw: str
    commitment: str
    """its hash"""
    root: str
    entries: int
    index: int
    entry: str
    """the entry's line"""
    path: list[str]
    """of the tree, from the leaf up"""
    person: str
    salt: str
    """keys the tag; told to nobody else"""


class Published:
    """Answers for the draws."""

    def __init__(self, site: Site, spools: Spools) -> None:
        self._site, self._spools = site, spools
        self._heads: OrderedDict[str, bytes] = OrderedDict()

    async def draw(self, request: web.Request) -> web.Response:
        """GET /draws/{round}"""
        drawing = await self._of(request)
        shown = {"opening": "drawn", "seeded": "committed", "told": "published"}.get(drawing.state, drawing.state)
        commitment = drawing.committed if drawing.state != "frozen" else None
        return json_answer(
            DrawShown(
                written(self._site.clock.now()),
                drawing.round,
                shown,
                commitment,
                commitment.hash.hex() if commitment else "",
                _document(drawing.notarised),
                _document(drawing.beacon),
                drawing.seed,
                drawing.winners,
            )
        )

    async def bundle(self, request: web.Request) -> web.StreamResponse:
        """GET /draws/{round}/bundle: a line of JSON, then one line for each entry."""
        drawing = await self._of(request)
        if drawing.state not in _PUBLIC:
            raise refused("draw_not_published", "the bundle is published with the results", "round")
        spool = await self._spools.of(drawing)
        answer = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
        answer.headers["Content-Disposition"] = f'attachment; filename="{re.sub("[^A-Za-z0-9._-]", "_", drawing.round)}.draw"'
        await answer.prepare(request)
        await answer.write(await self._head(drawing) + b"\n")
        for piece in spool.lines():
            await answer.write(piece)
            await asyncio.sleep(0)
        await answer.write_eof()
        return answer

    async def proof(self, request: web.Request) -> web.Response:
        """GET /draws/{round}/proofs/{reservation}?person="""
        drawing, person = await self._of(request), person_of(request)
        refusal = self._site.guard(request, person)
        if refusal is not None:
            return answer(refusal)
        if drawing.state == "frozen":
            raise refused("draw_not_committed", "the entries are not committed to yet", "round")
        text = request.match_info["reservation"]
        sequence = int(text) if re.fullmatch("[0-9]{1,18}", text) else 0
        mine = [made for made in await self._site.entries.of_person(person, [drawing.round]) if made.sequence == sequence]
        spool = await self._spools.of(drawing)
        index = spool.index(sequence) if mine else None
        if index is None:
            raise refused("no_such_reservation", "the person has no such entry in the draw", "reservation")
        keyed = Pen(drawing.round, drawing.item, self._site.links.secret.encode()).salt(person.encode())
        return json_answer(
            Proof(
                drawing.round,
                drawing.committed.hash.hex(),
                drawing.root,
                drawing.entries,
                index,
                spool.line(index),
                [one.hex() for one in spool.path(index)],
                person,
                keyed.hex(),
            )
        )

    async def checker(self, request: web.Request) -> web.Response:
        """GET /verify_draw.py"""
        return web.Response(body=await asyncio.to_thread(_CHECKER.read_bytes), headers={"Content-Type": "text/x-python; charset=utf-8"})

    async def pool(self, request: web.Request) -> web.Response:
        """GET /ledger/pool.csv: what was committed to, draw after draw."""
        after, limit = whole_number(request, "after", 0, 0, 2**53), whole_number(request, "limit", 100_000, 1, _LARGEST_PAGE)
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("number", "round", "reservation", "leaf"))
        async for piece in self._pooled(after, limit):
            rows.writerows(piece)
        return web.Response(body=text.getvalue().encode(), headers={"Content-Type": "text/csv; charset=utf-8"})

    async def _pooled(self, after: int, limit: int) -> AsyncIterator[list[tuple[int, str, int, str]]]:
        """The entries numbered through all draws, in the order in which they were frozen."""
        before = 0
        for (round_,) in await self._site.books.read("SELECT round FROM draws ORDER BY number"):
            drawing = await kept.known(self._site.books, round_)
            if drawing is None or limit <= 0:
                return
            first = max(after - before, 0)
            if first < drawing.entries:
                spool = await self._spools.of(drawing)
                for start in range(first, min(drawing.entries, first + limit), 1000):
                    stop = min(start + 1000, drawing.entries, first + limit)
                    yield [(before + at + 1, round_, spool.sequence(at), spool.leaf(at).hex()) for at in range(start, stop)]
                    await asyncio.sleep(0)
                limit -= min(drawing.entries - first, limit)
            before += drawing.entries

    async def _head(self, drawing: Drawing) -> bytes:
        """The bundle's first line, made once: nothing of it changes any more."""
        if drawing.round in self._heads:
            return self._heads[drawing.round]
        places = await kept.places(self._site.books, drawing.round)
        head = {
            "format": "draw-v1", "commitment": json.loads(drawing.commitment), "quota": drawing.bottles,
            "notary": json.loads(drawing.notarised), "beacon": json.loads(drawing.beacon), "seed": drawing.seed,
            "winners": kept.listed(places),
        }  # fmt: skip
        self._heads[drawing.round] = canonical(head)
        if len(self._heads) > _HEADS:
            self._heads.popitem(last=False)
        return self._heads[drawing.round]

    async def _of(self, request: web.Request) -> Drawing:
        name = request.match_info["round"]
        drawing = await kept.known(self._site.books, name) if _NAME.fullmatch(name) else None
        if drawing is None:
            raise refused("no_such_draw", "the round is not frozen for a draw", "round")
        return drawing


def _document(text: str) -> dict[str, Any] | None:
    return json.loads(text) if text else None


def routes(published: Published) -> tuple[web.RouteDef, ...]:
    """What everybody can have, and the person's own."""
    return (
        web.get("/draws/{round}", published.draw),
        web.get("/draws/{round}/bundle", published.bundle),
        web.get("/draws/{round}/proofs/{reservation}", published.proof),
        web.get("/verify_draw.py", published.checker),
        web.get("/ledger/pool.csv", published.pool),
    )


_ROUND: Final = parameter("round", "path", TEXT)
_PAGE: Final = tuple(
    parameter(name, "query", {"type": "integer", "minimum": least}, required=False) for name, least in (("after", 0), ("limit", 1))
)
CONTRACT: Final[dict[str, Any]] = {
    "/draws/{round}": {"get": operation("A draw, as far as it is", ref("DrawShown"), codes=("no_such_draw",), parameters=(_ROUND,))},
    "/draws/{round}/bundle": {
        "get": operation(
            "Everything that a stranger recomputes the draw from", TEXT, media="text/plain", codes=("no_such_draw", "draw_not_published"),
            parameters=(_ROUND,),
        )
    },
    "/draws/{round}/proofs/{reservation}": {
        "get": operation(
            "That a person's entry is among those committed to", ref("Proof"),
            codes=(*GUARDED, "no_such_draw", "no_such_reservation", "draw_not_committed"),
            parameters=(_ROUND, parameter("reservation", "path", TEXT), parameter("person", "query", TEXT)),
        )
    },
    "/verify_draw.py": {"get": operation("The program that checks a bundle", TEXT, media="text/x-python")},
    "/ledger/pool.csv": {
        "get": operation("The entries that were committed to", TEXT, media="text/csv", codes=("bad_field",), parameters=_PAGE)
    },
}  # fmt: skip
