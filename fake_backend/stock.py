"""The stock: how many bottles each shop has for each round, and what became of every one of them.

    released ─▶ free ⇄ held ─▶ sold ─▶ returned            free + held + sold + returned = released, at every event

The day's bottles divide over its rounds by their items, and over the shops by their heat.  They are released when a round comes on offer:
before anybody is served, or, for a later day, in pieces.  After that an order holds one, and pays for it or gives it back; each step is
taken once for an order, however often it is asked.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Final, Literal

import msgspec
from aiohttp import web

from fake_backend.answers import json_answer, whole_number
from fake_backend.books import Books
from fake_backend.contract import operation, parameter, ref
from fake_backend.duties import Duty
from fake_backend.facts import Event, Refusal, Round, written
from fake_backend.items import ITEMS, item_of
from fake_backend.room import Room, Site
from fake_backend.settings import Settings
from fake_backend.shares import apportioned
from fake_backend.visitor import identifier

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS stock (
  round TEXT NOT NULL, shop TEXT NOT NULL, item TEXT NOT NULL, released INTEGER NOT NULL, free INTEGER NOT NULL, held INTEGER NOT NULL,
  sold INTEGER NOT NULL, returned INTEGER NOT NULL, PRIMARY KEY (round, shop))""",
    """CREATE TABLE IF NOT EXISTS bottles (
  holder TEXT PRIMARY KEY, round TEXT NOT NULL, shop TEXT NOT NULL, state TEXT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS released_rounds (round TEXT PRIMARY KEY, bottles INTEGER NOT NULL)",
)
_PIECE: Final = 50
"""shops whose bottles are released in one transaction while people are served"""
_AT_ONCE: Final = 2_000
"""the same while nobody is"""
_PAUSE: Final = 0.05
"""wall seconds between two pieces: the people come first"""

State = Literal["free", "held", "sold", "returned"]
Move = Literal["hold", "free", "sell", "take_back"]
_MOVES: Final[dict[Move, tuple[State, State, str]]] = {
    "hold": ("free", "held", "stock_held"),
    "free": ("held", "free", "stock_freed"),
    "sell": ("held", "sold", "stock_sold"),
    "take_back": ("sold", "returned", "stock_returned"),
}
"""from what to what, and what the daybook calls it"""


class Cell(msgspec.Struct, frozen=True):
    """The bottles of one shop for one round."""

    round: str
    shop: str
    item: str
    released: int
    free: int
    held: int
    sold: int
    returned: int


class StockShown(msgspec.Struct, frozen=True):
    """What GET /stock answers; a shop that has no bottle for the round is not listed."""

    now: str
    stock: list[Cell]


def moved(cell: Cell | None, of_order: State | None, move: Move) -> Cell | Refusal:
    """The cell after the move of one bottle; `of_order` is what the order has done with its bottle so far, None where it has none."""
    before, after, _ = _MOVES[move]
    if (of_order or "free") != before or (of_order == "free" and move == "hold"):
        return Refusal("no_such_bottle", f"the order's bottle is {of_order}, not {before}")
    if cell is None or getattr(cell, before) < 1:
        return Refusal("sold_out", "there is none")
    return msgspec.structs.replace(cell, **{before: getattr(cell, before) - 1, after: getattr(cell, after) + 1})


def quotas(round_: Round, settings: Settings, heat: Mapping[str, int]) -> dict[str, int]:
    """How many bottles of the round each shop is to have, by how hot it is; shops that have none are left out."""
    of_items = apportioned(round(settings.bottles * settings.share), [item.weight for item in ITEMS])
    of_round = of_items[ITEMS.index(item_of(round_.item))]
    of_shops = apportioned(of_round, list(heat.values()))
    return {shop: bottles for shop, bottles in zip(heat, of_shops, strict=True) if bottles}


class Stock:
    """Moves bottles, for whoever has the books open; `strikes` says whether a planted defect is on."""

    def __init__(self, settings: Settings, heat: Mapping[str, int], strikes: Callable[[str], bool] = lambda defect: False) -> None:
        self._strikes = strikes
        self._quotas = lru_cache(8)(lambda round_: tuple(quotas(round_, settings, heat).items()))

    def hold(self, books: Books, round_: str, shop: str, order: str) -> bool:
        """Keep one bottle for the order; False, and nothing is changed, where there is none or the order had one already."""
        return self._move(books, "hold", round_, shop, order)

    def free(self, books: Books, round_: str, shop: str, order: str) -> bool:
        """The order lapsed: its bottle is free again.  False where it held none."""
        return self._move(books, "free", round_, shop, order)

    def sell(self, books: Books, round_: str, shop: str, order: str) -> bool:
        """The order was paid: its bottle is sold.  False where it held none."""
        return self._move(books, "sell", round_, shop, order)

    def take_back(self, books: Books, round_: str, shop: str, order: str) -> bool:
        """Nobody came for the order's bottle: it is returned.  False where it was not sold."""
        return self._move(books, "take_back", round_, shop, order)

    def quota(self, books: Books, round_: str) -> dict[str, int] | None:
        """How many bottles each shop has for the round; None while they are still being released."""
        if books.row("SELECT 1 FROM released_rounds WHERE round = ?", round_) is None:
            return None
        return dict(books.rows("SELECT shop, released FROM stock WHERE round = ? ORDER BY shop", round_))

    def release(self, books: Books, round_: Round, shops: int = _PIECE) -> bool:
        """Release the bottles of the round's next shops; True where those were all."""
        if books.row("SELECT 1 FROM released_rounds WHERE round = ?", round_.round):
            return True
        wanted = self._quotas(round_)
        there = books.rows("SELECT count(*) FROM stock WHERE round = ?", round_.round)[0][0]
        cells = [Cell(round_.round, shop, round_.item, bottles, bottles, 0, 0, 0) for shop, bottles in wanted[there : there + shops]]
        books.many("INSERT INTO stock VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [msgspec.structs.astuple(cell) for cell in cells])
        for cell in cells:
            _note(books, "stock_released", cell, cell.released)
        if there + shops < len(wanted):
            return False
        books.run("INSERT INTO released_rounds VALUES (?, ?)", round_.round, sum(bottles for _, bottles in wanted))
        return True

    def _move(self, books: Books, move: Move, round_: str, shop: str, order: str) -> bool:
        cells = books.rows("SELECT * FROM stock WHERE round = ? AND shop = ?", round_, shop)
        bottle = books.row("SELECT round, shop, state FROM bottles WHERE holder = ?", order)
        if bottle is not None and bottle[:2] != (round_, shop):
            return False
        cell = Cell(*cells[0]) if cells else None
        after = moved(cell, bottle[2] if bottle else None, move)
        if cell and isinstance(after, Refusal) and after.code == "sold_out" and self._strikes("oversell"):
            after = msgspec.structs.replace(cell, free=cell.free - 1, held=cell.held + 1)
        if isinstance(after, Refusal):
            return False
        if cell and move == "free" and self._strikes("lose_return"):
            after = msgspec.structs.replace(after, free=cell.free)
        _, state, kind = _MOVES[move]
        books.run(
            "UPDATE stock SET free = ?, held = ?, sold = ?, returned = ? WHERE round = ? AND shop = ?",
            after.free, after.held, after.sold, after.returned, round_, shop,
        )  # fmt: skip
        books.run(
            "INSERT INTO bottles VALUES (?, ?, ?, ?) ON CONFLICT (holder) DO UPDATE SET state = excluded.state", order, round_, shop, state
        )
        _note(books, kind, after, 1, order)
        return True


def _note(books: Books, kind: str, cell: Cell, bottles: int, order: str = "") -> None:
    counts = {"released": cell.released, "free": cell.free, "held": cell.held, "sold": cell.sold, "returned": cell.returned}
    of_order = {"order": order} if order else {}
    detail: dict[str, str | int | float | bool | None] = {"item": cell.item, **of_order, **counts}
    books.note(Event(kind, f"{cell.round}:{cell.shop}", round=cell.round, shop=cell.shop, amount=bottles, detail=detail))


def room(site: Site, stock: Stock, on_record: Callable[[], Awaitable[list[Round]]]) -> Room:
    """GET /stock, and the release; `on_record` tells the rounds that were ever on offer."""
    released: set[str] = set()

    async def release(now: float) -> float:
        for round_ in await on_record():
            if round_.round not in released:
                if not await site.books.write(partial(stock.release, round_=round_)):
                    return site.clock.in_wall(_PAUSE)
                released.add(round_.round)
        return now + 3600

    async def release_all() -> None:
        for round_ in await on_record():
            while not await site.books.write(partial(stock.release, round_=round_, shops=_AT_ONCE)):
                continue
            released.add(round_.round)

    async def show(request: web.Request) -> web.Response:
        wanted = dict(_wanted(request))
        limit = whole_number(request, "limit", 100, 1, 2000)
        where = " AND ".join(f"{name} = ?" for name in wanted)
        rows = await site.books.read(f"SELECT * FROM stock WHERE {where} ORDER BY round, shop LIMIT ?", *wanted.values(), limit)
        return json_answer(StockShown(written(site.clock.now()), [Cell(*row) for row in rows]))

    return Room(
        schema=SCHEMA,
        routes=(web.get("/stock", show),),
        duties=(Duty("release", release),),
        ready=release_all,
        contract=_CONTRACT,
        types=(StockShown,),
    )


def _wanted(request: web.Request) -> Iterator[tuple[str, str]]:
    yield "round", identifier(request, "round")
    if "shop" in request.query:
        yield "shop", identifier(request, "shop")


_NAME: Final = {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"}
_CONTRACT: Final = {
    "/stock": {
        "get": operation(
            "The bottles of a round, of one shop or of those that have any", ref("StockShown"), codes=("bad_field",),
            parameters=(
                parameter("round", "query", _NAME),
                parameter("shop", "query", _NAME, required=False),
                parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 2000}, required=False),
            ),
        )
    }
}  # fmt: skip
