"""The room of the draw: its duty, its letters, its paths."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec.structs import replace

from fake_backend.books import Books
from fake_backend.draw import drawing as kept
from fake_backend.draw import published, results
from fake_backend.draw.letters import Flat, order_letter
from fake_backend.draw.progress import Progress
from fake_backend.draw.published import DrawShown, Proof, Published
from fake_backend.draw.results import ResultsShown
from fake_backend.draw.spools import Spools
from fake_backend.draw.stages import Quota, Share, Stages
from fake_backend.draw.witness import Beacon, Notary, TooLate
from fake_backend.duties import Duty
from fake_backend.facts import Event, Letter, Round
from fake_backend.room import Ledger, Room, Site

_COLUMNS: Final = ("number", "round", "reservation", "shop", "place", "score")
_WINNERS: Final = """SELECT number, round, sequence, shop, place, score FROM draw_places
  WHERE place = 0 AND number > ? ORDER BY number LIMIT ?"""


class ToNotary:
    """Carries a commitment to the notary."""

    def __init__(self, notary: Notary) -> None:
        self._notary = notary

    async def carry(self, letter: Letter) -> dict[str, Any] | TooLate:
        """Its statement, or that it comes too late."""
        return await self._notary.commit(str(letter.body["round"]), str(letter.body["commitment"]))

    def settle(self, books: Books, letter: Letter, answer: dict[str, Any] | TooLate) -> None:
        """The draw is committed to, or needs another commitment that gives the notary more time."""
        drawing = kept.of(books, str(letter.body["round"]))
        if drawing is None or drawing.state not in ("frozen", "committed"):
            return
        if isinstance(answer, TooLate):
            if drawing.state == "frozen" and drawing.commitment == letter.body["commitment"]:
                kept.keep(books, replace(drawing, commitment="", slack=drawing.slack * 2))
            return
        committed = replace(drawing, state="committed", commitment=str(letter.body["commitment"]))
        kept.keep(books, committed)
        detail = {"commitment": answer["hash"], "beacon_round": committed.committed.beacon.round, "notarised_at": answer["at"]}
        books.note(Event("draw_committed", drawing.round, round=drawing.round, detail=detail))


def opened(books: Books, letter: Letter) -> None:
    """Every winner's order is there: the results are shown."""
    drawing = kept.of(books, str(letter.body["round"]))
    if drawing is not None and drawing.state == "opening":
        rows = books.rows("SELECT shop, place, sequence, score FROM draw_places WHERE round = ? ORDER BY number", drawing.round)
        kept.keep(books, replace(drawing, state="published"))
        won, detail = sum(1 for row in rows if row[1] == 0), {"winners": kept.list_hash(rows)}
        books.note(Event("draw_published", drawing.round, round=drawing.round, amount=won, detail=detail))


def passed_on(most: int, books: Books, letter: Letter) -> None:
    """An order lapsed: whoever is next on the shop's waiting list is given one."""
    order = str(letter.body["order"])
    lapsed = kept.place_of(books, int(order.removeprefix("o")))
    if lapsed is None or lapsed.passed >= most:
        return
    following = kept.next_listed(books, lapsed.round, lapsed.shop)
    drawing = kept.of(books, lapsed.round)
    if following is None or drawing is None:
        return
    following = replace(following, state="passed", passed=lapsed.passed + 1)
    books.run("UPDATE draw_places SET state = 'passed', passed = ? WHERE number = ?", following.passed, following.number)
    detail: dict[str, Flat] = {"order": order, "reservation": following.sequence, "place": following.place}
    books.note(Event("passed_on", following.round, following.person, following.round, following.shop, detail=detail))
    books.send(order_letter(following, drawing.item))
    told: dict[str, Flat] = {
        "person": following.person,
        "what": "passed_on",
        "round": following.round,
        "order": following.order,
        "shop": following.shop,
    }
    books.send(Letter("notices.tell", f"passed_on:{following.order}:{following.person}", told))


def room(site: Site, on_record: Callable[[], Awaitable[list[Round]]], quota: Quota, share: Share = lambda defect: 0.0) -> Room:
    """The draw of every round that `on_record` tells; without a notary and a beacon nothing is drawn."""
    spools, links, settings = Spools(site.entries, site.links.secret), site.links, site.settings
    notary, beacon = Notary(site.http, links.notary), Beacon(site.http, links.beacon)
    stages = Stages(site, spools, quota, notary, beacon, share)
    progress, drawing = Progress(stages, on_record), bool(links.notary and links.beacon)

    async def under_way() -> int:
        return await progress.under_way(site.clock.now()) if drawing else 0

    return Room(
        schema=kept.SCHEMA,
        routes=(*results.routes(site, on_record), *published.routes(Published(site, spools))),
        duties=(Duty("draw", progress),) if drawing else (),
        couriers={"draw.commit": ToNotary(notary)},
        receivers={"draw.opened": opened, "draw.pass_on": lambda books, letter: passed_on(settings.passes, books, letter)},
        ledgers={"winners": Ledger(_COLUMNS, _WINNERS)},
        under_way=under_way,
        contract={**results.CONTRACT, **published.CONTRACT},
        types=(ResultsShown, DrawShown, Proof),
    )
