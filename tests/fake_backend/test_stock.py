"""The stock: conserved at every event, whatever is asked of it in whatever order."""

import asyncio
import datetime as dt
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fake_backend.books import SCHEMA as BOOKS
from fake_backend.books import Books
from fake_backend.facts import Round, moment
from fake_backend.rounds import offered
from fake_backend.settings import DEFAULTS, read
from fake_backend.shops import Shops
from fake_backend.stock import SCHEMA, Stock, quotas

DAY = offered(dt.date(2022, 4, 1))
FEW = read(["shops=12", "regions=3", "bottles=60"])
KINDS = {
    "stock_held": ("free", "held"),
    "stock_freed": ("held", "free"),
    "stock_sold": ("held", "sold"),
    "stock_returned": ("sold", "returned"),
}


class Paper:
    """A transaction on an SQLite of its own."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in (*BOOKS, *SCHEMA):
            self.connection.execute(statement)

    def rows(self, sql, *values):
        return self.connection.execute(sql, values).fetchall()

    def run(self, sql, *values):
        self.connection.execute(sql, values)

    def many(self, sql, values):
        self.connection.executemany(sql, values)

    @contextmanager
    def books(self) -> Iterator[Books]:
        books = Books(self, 1.0)
        yield books
        books.flush()

    def events(self) -> list[tuple[str, str, int, dict]]:
        rows = self.rows("SELECT kind, subject, amount, detail FROM daybook ORDER BY sequence")
        return [(kind, subject, amount, json.loads(detail)) for kind, subject, amount, detail in rows]


def faults(events: list[tuple[str, str, int, dict]]) -> list[str]:
    """What is wrong with a daybook: counts that do not follow from what was before, below nought, or not conserved."""
    found, cells = [], {}
    for kind, subject, amount, detail in events:
        counts = {name: detail[name] for name in ("released", "free", "held", "sold", "returned")}
        if kind == "stock_released":
            expected = {"released": amount, "free": amount, "held": 0, "sold": 0, "returned": 0}
        else:
            before, after = KINDS[kind]
            expected = cells[subject] + Counter({after: amount})
            expected[before] -= amount
        if any(counts[name] != expected[name] for name in counts):
            found.append(f"{kind} {subject}: {counts}")
        if min(counts.values()) < 0 or counts["released"] != sum(counts.values()) - counts["released"]:
            found.append(f"not conserved: {counts}")
        cells[subject] = Counter(counts)
    return found


def released(stock: Stock, paper: Paper, rounds: list[Round]) -> int:
    pieces = 0
    for round_ in rounds:
        done = False
        while not done:
            with paper.books() as books:
                done = stock.release(books, round_)
            pieces += not done
    return pieces


class Bottles(RuleBasedStateMachine):
    """Orders that hold, free, sell and take back as they please, beside a model that is a dictionary."""

    orders = st.integers(0, 15).map(lambda number: f"o{number}")
    shops = st.sampled_from(["s00001", "s00002", "s00012", "s99999"])

    @initialize()
    def nine_sharp(self) -> None:
        self.paper = Paper()
        self.stock = Stock(FEW, Shops(FEW).heat())
        released(self.stock, self.paper, DAY[:2])
        with self.paper.books() as books:
            self.quota = {round_.round: self.stock.quota(books, round_.round) for round_ in DAY[:2]}
        self.states: dict[str, tuple[str, str, str]] = {}

    def move(self, name: str, round_: str, shop: str, order: str, expected: bool, state: str) -> None:
        before = len(self.paper.events())
        with self.paper.books() as books:
            done = getattr(self.stock, name)(books, round_, shop, order)
        assert done == expected
        assert len(self.paper.events()) - before == (1 if done else 0)
        if done:
            self.states[order] = (round_, shop, state)

    def taken(self, round_: str, shop: str) -> int:
        return sum(1 for cell in self.states.values() if cell[:2] == (round_, shop) and cell[2] != "free")

    @rule(round_=st.sampled_from(DAY[:2]), shop=shops, order=orders)
    def hold(self, round_: Round, shop: str, order: str) -> None:
        there = (self.quota[round_.round] or {}).get(shop, 0) - self.taken(round_.round, shop)
        self.move("hold", round_.round, shop, order, order not in self.states and there > 0, "held")

    @rule(name=st.sampled_from(["free", "sell", "take_back"]), order=orders, elsewhere=st.booleans(), data=st.data())
    def end(self, name: str, order: str, elsewhere: bool, data) -> None:
        needed, state = {"free": ("held", "free"), "sell": ("held", "sold"), "take_back": ("sold", "returned")}[name]
        round_, shop, now = self.states.get(order, (DAY[0].round, "s00001", ""))
        if elsewhere:
            shop = data.draw(self.shops.filter(lambda other: other != shop))
        self.move(name, round_, shop, order, now == needed and not elsewhere, state)

    @invariant()
    def the_daybook_adds_up(self) -> None:
        assert not faults(self.paper.events())
        for round_, shop, item, *counts in self.paper.rows("SELECT * FROM stock"):
            last = [detail for _, subject, _, detail in self.paper.events() if subject == f"{round_}:{shop}"][-1]
            assert [last[name] for name in ("item", "released", "free", "held", "sold", "returned")] == [item, *counts]


Bottles.TestCase.settings = limits(max_examples=25, stateful_step_count=25, deadline=None)
TestBottles = Bottles.TestCase


def test_a_day_releases_its_bottles_to_the_last_one() -> None:
    heat = Shops(DEFAULTS).heat()
    of_rounds = [quotas(round_, DEFAULTS, heat) for round_ in DAY]

    assert [sum(quota.values()) for quota in of_rounds] == [13_750, 5_500, 2_750, 5_500]
    assert of_rounds == [quotas(round_, DEFAULTS, heat) for round_ in DAY]
    assert sum(sum(quotas(round_, read(["share=0.01"]), heat).values()) for round_ in DAY) == 275
    assert of_rounds[0]["s00001"] > 20 * of_rounds[0]["s02000"]


def test_a_release_goes_on_where_it_stopped_and_is_known_only_when_it_is_over() -> None:
    paper, stock = Paper(), Stock(DEFAULTS, Shops(DEFAULTS).heat())
    with paper.books() as books:
        assert not stock.release(books, DAY[0])
        assert stock.quota(books, DAY[0].round) is None

    again = Stock(DEFAULTS, Shops(DEFAULTS).heat())
    assert released(again, paper, DAY[:1]) == 38
    assert again.quota(Books(paper, 0.0), DAY[0].round) == quotas(DAY[0], DEFAULTS, Shops(DEFAULTS).heat())
    assert released(again, paper, DAY[:1]) == 0
    assert not faults(paper.events()) and len(paper.events()) == 2000


@pytest.mark.parametrize("defect", ["oversell", "lose_return"])
def test_a_planted_defect_shows_in_the_daybook(defect: str) -> None:
    def story(strikes: Callable[[str], bool]) -> list[str]:
        paper = Paper()
        stock = Stock(FEW, Shops(FEW).heat(), strikes)
        released(stock, paper, DAY[:1])
        with paper.books() as books:
            for number in range(quotas(DAY[0], FEW, Shops(FEW).heat())["s00001"] + 1):
                stock.hold(books, DAY[0].round, "s00001", f"o{number}")
            stock.free(books, DAY[0].round, "s00001", "o0")
        return faults(paper.events())

    assert not story(lambda _: False)
    assert story(lambda name: name == defect)


async def in_time(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.01)


def test_it_is_released_by_itself_before_the_rounds_open(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving(settings=FEW) as guest:
            assert (await guest("PUT", "/clock", {"now": "2022-04-01T08:59:59"}))[0] == 200

            async def listed(round_: str = DAY[3].round, shop: str = "") -> list[dict]:
                return (await guest("GET", f"/stock?round={round_}{shop}"))[1]["stock"]

            assert guest.backend.clock.wall_until(DAY[0].open) == 1
            assert (await guest("PUT", "/switches/oversell", {"ttl": 60}))[1]["active"]
            await in_time(listed)
            await in_time(lambda: guest.backend.site.books.read("SELECT 1 FROM released_rounds WHERE round = ?", DAY[3].round))
            assert sum(cell["free"] for cell in await listed(DAY[0].round)) == 30
            assert await listed(DAY[0].round, "&shop=s00001") == [cell for cell in await listed(DAY[0].round) if cell["shop"] == "s00001"]
            assert await listed("2022-04-02.r1") == []
            for query, field in (("shop=s00001", "round"), ("round=%00", "round"), ("round=r&shop=", "shop"), ("round=r&limit=x", "limit")):
                status, problem, _ = await guest("GET", f"/stock?{query}")
                assert (status, problem["code"], problem["field"]) == (422, "bad_field", field)
        async with serving(settings=FEW) as guest:
            _, text, _ = await guest("GET", "/ledger/daybook.csv")
            assert text.count("stock_released") == len(await guest.backend.site.books.read("SELECT 1 FROM stock"))

    run(scene())


def test_what_opened_while_nobody_was_there_is_released_later(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving(settings=FEW) as guest:
            await guest(
                "PUT", "/clock", {"now": "2022-04-01T08:00:00", "turns": [{"at": "2022-04-01T08:30:00", "to": "2022-04-01T18:00:00"}]}
            )
        wall.advance(3600)
        async with serving(settings=FEW) as guest:
            assert guest.backend.clock.now() == moment(dt.datetime(2022, 4, 1, 18, 30))
            await in_time(lambda: guest.backend.site.books.read("SELECT 1 FROM released_rounds WHERE round = ?", DAY[3].round))

    run(scene())
