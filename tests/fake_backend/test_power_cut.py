"""The power goes at every commit of a payment's life, on the backend's side and on the gateway's, and nothing that was answered is lost.

One life is lived on a disk that remembers what was synced.  Around each of its commits, in the middle of each sync and at each answer a
picture is taken of what a power cut would leave at that instant, with the answers that had been given.  Then the life is gone on with from
every picture that differs, by the same people under the same keys, to its end.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from parts import later_port

from fake_backend import duties, outbox, payments
from fake_backend.account import Entry, statements
from fake_backend.books import linked
from fake_backend.database import Transaction
from fake_backend.database.sqlite import Sqlite
from tests.fake_backend.camera import Camera, Cut, Watched, watching
from tests.fake_backend.conftest import Hand
from tests.fake_backend.disk import put
from tests.fake_backend.payment_lives import BEGINS, LIVES, PRICE, Life, street
from tests.fake_backend.promises import Books, Promise, books_of, kept

SIDES = ("backend", "gateway")


class Hasty(Sqlite):
    """Says that a transaction is durable before it is."""

    def transact(self, work: Callable[[Transaction], None], done: Callable[[Exception | None], None]) -> None:
        def both(transaction: Transaction) -> None:
            work(transaction)
            done(None)

        super().transact(both, lambda problem: None)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Duties look around more often, as every life would wait for them.  Nobody waits for the gateway's first word, and letters are looked
    for only when somebody says that there is one: so the power can go when a payment was answered and its letter has not been carried."""
    monkeypatch.setattr(duties, "_LONGEST", 0.004)
    monkeypatch.setattr(outbox, "_POLL", 1.0)
    monkeypatch.setattr(payments, "_PATIENCE", 0.0)


async def _lived(folder: Path, life: Life, port: int, planted: str = "", where: str = "") -> Camera:
    """A life on the camera's disk, perhaps with a defect on one side."""
    camera = Camera(Hand(BEGINS))

    def opened(side: str) -> Sqlite:
        defect = planted if side == where else ""
        kind, takes = (Hasty, 0.01) if defect == "hasty" else (Sqlite, 0.0)
        synchronous = defect if defect in ("OFF", "NORMAL") else "FULL"
        return kind(folder / f"{side}.db", lambda path: Watched(path, camera, side, takes), synchronous)

    with watching(camera):
        async with asyncio.timeout(60), street(life, opened, camera.wall, port, camera.note) as it:
            camera.commits.clear()
            camera.on = True
            await it.live()
            await it.at_rest()
            camera.on = False
    return camera


def _broken(camera: Camera, folder: Path) -> list[tuple[Cut, Promise]]:
    """Every answer that a cut loses."""
    found = {}
    for number, (name, files) in enumerate(camera.pictures.items()):
        put(files, folder / str(number))
        found[name] = books_of(folder / str(number))
    return [(cut, it) for cut in camera.cuts for it in camera.promises[: cut.answers] if not kept(it, found[cut.left])]


async def _gone_on(folder: Path, life: Life, port: int, wall: float, had: list[Promise]) -> tuple[dict[str, Any], list[Promise]]:
    """The rest of a life on what a cut has left: what stands in the books at its end, and all answers that were ever given."""
    promises = list(had)
    async with asyncio.timeout(60), street(life, lambda side: Sqlite(folder / f"{side}.db"), Hand(wall), port, promises.append) as it:
        await it.live()
        return await it.told(), promises


def _fold(life: Life, told: dict[str, Any], books: Books | None, promises: list[Promise]) -> None:
    """Everything that must be so at the end, whatever happened on the way."""
    assert books is not None
    assert (told["quiet"], books.waiting) == (True, set())
    assert [promise for promise in promises if not kept(promise, books)] == []
    events = [kind for _, _, kind, subject, *_ in told["events"] if subject.split(".")[0] == "o1" and kind in life.events]
    assert events == list(life.events)
    assert {subject for _, kind, subject in books.daybook if kind.startswith(("payment", "refund"))} == {"o1.1", "o1.1.r"}
    assert (
        len({promise.said["sequence"] for promise in promises if promise.asked.endswith("/payments") and "sequence" in promise.said}) == 1
    )
    # both ledgers: one capture, one refund, of the same amounts
    assert {name: row[1:] for name, row in books.taken.items()} == {"o1.1": ("succeeded", PRICE)}
    assert books.given_back == {"o1.1.r": ("succeeded", PRICE)}
    assert (books.payments, books.refunds, books.orders) == ({"o1.1": "succeeded"}, {"o1.1.r": "succeeded"}, {"o1": life.order})
    assert told["bottles"] == {"missing": 0, "held": 0, "sold": 0, "returned": life.returned}
    accounts = statements(
        Entry(sequence, at, kind, subject, shop, amount, detail) for sequence, at, kind, subject, shop, amount, detail, *_ in told["events"]
    )
    assert [account.balance for account in accounts.values()] == [0]
    link = ""
    for number, (sequence, at, kind, subject, shop, amount, detail, found, round_) in enumerate(told["events"], 1):
        link = linked(link, sequence, at, kind, subject, round_, shop, amount, detail)
        assert (sequence, found) == (number, link)


def _places(cut: Cut, camera: Camera, books: Books) -> Iterator[str]:
    """Between which two steps the power goes, as far as it is worth a name."""
    had = camera.promises[: cut.answers]
    for what, kind, name, ours, theirs in (
        ("payment", "gateway.pay", "o1.1", books.payments, books.taken),
        ("refund", "gateway.refund", "o1.1.r", books.refunds, books.given_back),
    ):  # fmt: skip
        letter = kind in {letter for letter, _ in books.letters}
        answered = any(promise.side == "gateway" and promise.asked == f"POST /{what}s" for promise in had)
        if name in ours and letter and name not in theirs:
            yield f"{what} begun, letter not carried"
        if name in theirs and not answered:
            yield f"{what} in the gateway's ledger, not answered"
        if answered and letter:
            yield f"{what} answered by the gateway, answer not written down"
        told = {promise.body["id"] for promise in had if promise.asked == "POST /gateway/notices" and promise.body["kind"] == what}
        handled = {notice for notice in books.handled if (".r." in notice) == (what == "refund")}
        if handled - told:
            yield f"{what}'s notice handled, not answered"
        if told & books.waiting:
            yield f"{what}'s notice answered, the gateway does not know"
    if "o1.1" in books.payments:
        answered = any(promise.asked == "POST /orders/o1/payments" for promise in had)
        yield "payment begun and answered, letter not carried" if answered and "o1.1" not in books.taken else "payment begun"


PLACES = {
    *(f"{what} begun, letter not carried" for what in ("payment", "refund")),
    *(f"{what} in the gateway's ledger, not answered" for what in ("payment", "refund")),
    *(f"{what} answered by the gateway, answer not written down" for what in ("payment", "refund")),
    *(f"{what}'s notice handled, not answered" for what in ("payment", "refund")),
    *(f"{what}'s notice answered, the gateway does not know" for what in ("payment", "refund")),
    "payment begun and answered, letter not carried",
}


@pytest.mark.parametrize("name", LIVES)
def test_a_power_cut_at_any_commit_of_a_payments_life_loses_nothing_that_was_answered(tmp_path: Path, name: str) -> None:
    life, port = LIVES[name], later_port()
    camera = asyncio.run(_lived(tmp_path, life, port))
    assert _broken(camera, tmp_path / "left") == []

    # the power went around each commit, on both sides, and between any two steps that are worth a name
    fell: Counter[str] = Counter()
    for number, picture in enumerate(camera.pictures):
        books = books_of(tmp_path / "left" / str(number))
        assert books is not None
        fell.update(place for cut in camera.cuts if cut.left == picture for place in _places(cut, camera, books))
    assert set(fell) >= PLACES, PLACES - set(fell)
    for side in SIDES:
        numbers = {
            where: {cut.number for cut in camera.cuts if (cut.side, cut.where) == (side, where)} for where in ("before", "in", "after")
        }
        every = set(range(1, camera.commits[side] + 1))
        assert numbers["before"] == numbers["after"] == every
        assert len(numbers["in"]) >= 6  # a commit that wrote nothing has no sync

    # from each picture the life goes on to its end
    whole = {cut.left: cut for cut in camera.cuts if cut.where != "in"}  # the last of each: with most answers to keep
    for number, (picture, cut) in enumerate(whole.items()):
        folder = tmp_path / f"on-{number}"
        put(camera.pictures[picture], folder)
        told, promises = asyncio.run(_gone_on(folder, life, port, cut.wall, camera.promises[: cut.answers]))
        _fold(life, told, books_of(folder), promises)


@pytest.mark.parametrize("where", SIDES)
@pytest.mark.parametrize("planted", ["OFF", "NORMAL", "hasty"])
def test_a_side_that_answers_before_its_commit_is_synced_is_caught(tmp_path: Path, planted: str, where: str) -> None:
    life = LIVES["nobody fetches the bottle"]
    camera = asyncio.run(_lived(tmp_path, life, later_port(), planted, where))
    lost = {promise.side for _, promise in _broken(camera, tmp_path / "left")}
    assert where in lost
