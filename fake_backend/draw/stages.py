"""How a draw goes on: each step looks how far the books say it is, does what comes next, and says whether anything was done.

A process that ends in the middle of a step does it again from its beginning when it is started: the same entries and the same seed give
the same list, and what was written already stays as it was.
"""

import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from fake_backend.books import Books
from fake_backend.draw import drawing as kept
from fake_backend.draw.commitment import MARGIN, BeaconRound, Commitment, canonical, quota_hash
from fake_backend.draw.drawing import Drawing, Place
from fake_backend.draw.entry import ALGORITHM
from fake_backend.draw.letters import Flat, order_letter, tell
from fake_backend.draw.lottery import seed
from fake_backend.draw.spools import Spools
from fake_backend.draw.witness import Beacon, Notary
from fake_backend.facts import Event, Letter, Round, day, moment, written
from fake_backend.room import Site

Quota = Callable[[Books, str], Mapping[str, int] | None]
"""how many bottles each shop has for the round; None while that is not settled"""
Share = Callable[[str], float]
"""the share of what a planted defect concerns; 0 while it is off"""

PIECE: Final = 400
"""rows that one transaction writes at most"""
_SLACK: Final = 1.0


class Stages:
    """Brings the draws of all rounds forward."""

    def __init__(self, site: Site, spools: Spools, quota: Quota, notary: Notary, beacon: Beacon, share: Share) -> None:
        self._site, self._books, self._spools, self._quota = site, site.books, spools, quota
        self._notary, self._beacon, self._share = notary, beacon, share

    async def forward(self, round_: Round, now: float) -> bool:
        """One step of the round's draw; False where there is nothing to do yet."""
        drawing = await kept.known(self._books, round_.round)
        if drawing is None:
            return await self._freeze(round_)
        midnight = moment_of_midnight(round_)
        match drawing.state:
            case "frozen" if not drawing.commitment:
                return await self._propose(drawing, round_)
            case "committed" if now >= midnight + self._site.settings.draw:
                return await self._seed(drawing)
            case "seeded":
                return await self._draw(drawing)
            case "drawn" if now >= midnight + self._site.settings.publish:
                return await self._open_orders(drawing)
            case "published":
                return await self._tell(drawing)
        return False

    async def is_due(self, round_: Round, now: float) -> bool:
        """Whether a closed round's draw has something to do that needs no later moment."""
        drawing, midnight = await kept.known(self._books, round_.round), moment_of_midnight(round_)
        match drawing.state if drawing else "":
            case "told":
                return False
            case "committed":
                return now >= midnight + self._site.settings.draw
            case "drawn":
                return now >= midnight + self._site.settings.publish
        return True

    async def is_over(self, round_: Round) -> bool:
        """Whether nothing of it is left to do."""
        drawing = await kept.known(self._books, round_.round)
        return drawing is not None and drawing.state == "told"

    async def _freeze(self, round_: Round) -> bool:
        """Nobody can enter any more: the entries, their tree, and what can be won are fixed."""
        await self._site.entries.settled(round_.close)
        quota, misses = await self._books.write(lambda books: self._quota(books, round_.round)), self._share("draw_misses_some")
        if quota is None:
            return False
        spool = await self._spools.frozen(round_.round, round_.item, misses)
        frozen = Drawing(
            round_.round, 0, "frozen", round_.item, spool.entries, spool.last_sequence, spool.root, kept.bottles_of(quota), misses, _SLACK
        )
        info = await self._beacon.info()

        def work(books: Books) -> None:
            if kept.of(books, round_.round) is None:
                number = books.rows("SELECT coalesce(max(number), 0) + 1 FROM draws")[0][0]
                proposed = self._proposed(replace(frozen, number=number), round_, info)
                kept.keep(books, proposed)
                detail: dict[str, Flat] = {
                    "root": frozen.root,
                    "last_sequence": frozen.last_sequence,
                    "commitment": proposed.committed.hash.hex(),
                }
                books.note(Event("draw_frozen", round_.round, round=round_.round, amount=frozen.entries, detail=detail))
                self._send(books, proposed)

        await self._books.write(work)
        return True

    async def _propose(self, drawing: Drawing, round_: Round) -> bool:
        """The notary got the last commitment too late for its round of the beacon, and did not take it: another, with a later one."""
        info = await self._beacon.info()

        def work(books: Books) -> None:
            found = kept.of(books, drawing.round)
            if found is not None and not found.commitment:
                proposed = self._proposed(found, round_, info)
                kept.keep(books, proposed)
                self._send(books, proposed)

        await self._books.write(work)
        return True

    def _proposed(self, drawing: Drawing, round_: Round, info: Mapping[str, Any]) -> Drawing:
        genesis, period = int(info["genesis_time"]), int(info["period"])
        seen = self._site.clock.in_wall(drawing.slack)
        number = max(math.ceil((seen + MARGIN - genesis) / period), 0) + 1
        commitment = Commitment(
            algorithm=ALGORITHM, draw=drawing.round, item=drawing.item, open=written(round_.open), close=written(round_.close),
            entries=drawing.entries, last_sequence=drawing.last_sequence, root=drawing.root, quota=quota_hash(drawing.bottles),
            waiting=self._site.settings.passes, beacon=BeaconRound(info["hash"], info["schemeID"], genesis, period, number),
        )  # fmt: skip
        return replace(drawing, commitment=canonical(msgspec.to_builtins(commitment)).decode())

    def _send(self, books: Books, drawing: Drawing) -> None:
        number = drawing.committed.beacon.round
        books.send(Letter("draw.commit", f"{drawing.round}.{number}", {"round": drawing.round, "commitment": drawing.commitment}))
        if self._share("draw_again"):
            committed = drawing.committed
            again = replace(committed, beacon=replace(committed.beacon, round=number + 1))
            text = canonical(msgspec.to_builtins(again)).decode()
            books.send(Letter("draw.commit", f"{drawing.round}.{number + 1}", {"round": drawing.round, "commitment": text}))

    async def _seed(self, drawing: Drawing) -> bool:
        """The beacon's round makes the seed, once it is out and the notary has shown that there was no other commitment."""
        commitment = drawing.committed
        found = await self._beacon.round(commitment.beacon.chain, commitment.beacon.round)
        if found is None:
            return False
        shown = await self._notary.shown(drawing.round)
        if shown["at"] < written(commitment.beacon.at):
            return False  # its clock is a little behind the beacon's
        info = await self._beacon.chain(commitment.beacon.chain)
        made = seed(commitment.hash, bytes.fromhex(found["randomness"])).hex()
        beacon = canonical({"info": info, "round": found}).decode()

        def work(books: Books) -> None:
            now = kept.of(books, drawing.round)
            if now is not None and now.state == "committed":
                kept.keep(books, replace(now, state="seeded", seed=made, beacon=beacon, notarised=canonical(shown).decode()))

        await self._books.write(work)
        return True

    async def _draw(self, drawing: Drawing) -> bool:
        places = await self._places(drawing)
        for start in range(0, len(places), PIECE):
            piece = places[start : start + PIECE]
            await self._books.write(lambda books, piece=piece: kept.keep_places(books, piece))  # type: ignore[misc]
        won = [one for one in places if one.place == 0]
        detail: dict[str, Flat] = {
            "seed": drawing.seed,
            "winners": kept.list_hash(kept.listed(places)),
            "threshold": max((one.score for one in won), default=""),
        }

        def work(books: Books) -> None:
            now = kept.of(books, drawing.round)
            if now is not None and now.state == "seeded":
                kept.keep(books, replace(now, state="drawn", winners=len(won)))
                books.note(Event("drawn", drawing.round, round=drawing.round, amount=len(won), detail=detail))

        await self._books.write(work)
        return True

    async def _places(self, drawing: Drawing) -> list[Place]:
        """Who won, and who is on the waiting lists, shop by shop."""
        spool = await self._spools.of(drawing)
        bottles, waiting = drawing.bottles, drawing.committed.waiting
        async with self._spools.counting:
            found = await spool.draw(bytes.fromhex(drawing.seed), {shop: count * (1 + waiting) for shop, count in bottles.items()})
        places: list[Place] = []
        for shop, best in sorted(found.items()):
            for rank, (sequence, person, score) in enumerate(best):
                place = max(rank + 1 - bottles[shop], 0)
                number = drawing.number * kept.ROOM + len(places) + 1
                places.append(Place(number, drawing.round, sequence, shop, person, place, score, "listed" if place else "won"))
        return places

    async def _open_orders(self, drawing: Drawing) -> bool:
        """Every winner's order is opened before the results are shown, so that nobody looks for one that is not there yet."""
        piece = await kept.places(self._books, drawing.round, drawing.opened, PIECE)

        def work(books: Books) -> None:
            now = kept.of(books, drawing.round)
            if now is None or now.state != "drawn" or now.opened != drawing.opened:
                return
            for one in piece:
                if one.place == 0:
                    books.send(order_letter(one, drawing.item))
            if piece:
                kept.keep(books, replace(now, opened=piece[-1].number))
            else:
                kept.keep(books, replace(now, state="opening"))
                books.send(Letter("draw.opened", drawing.round, {"round": drawing.round}))

        await self._books.write(work)
        return True

    async def _tell(self, drawing: Drawing) -> bool:
        """Everybody who entered hears what came of it, so many at a time."""
        page = await self._site.entries.pages(drawing.round, drawing.told, PIECE)

        def work(books: Books) -> None:
            now = kept.of(books, drawing.round)
            if now is None or now.state != "published" or now.told != drawing.told:
                return
            if page:
                tell(books, drawing.round, page[0].sequence, page[-1].sequence, len(page))
            told = page[-1].sequence if page else drawing.told
            kept.keep(books, replace(now, told=told, state="told" if len(page) < PIECE else "published"))

        await self._books.write(work)
        return True


def moment_of_midnight(round_: Round) -> float:
    """The beginning of the round's day."""
    return moment(dt.datetime.combine(day(round_.open), dt.time()))
