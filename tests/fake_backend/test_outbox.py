"""The outbox: carried at least once, received exactly once, and nobody held up by anybody else's letters."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from fake_backend.books import Bookkeeper, Books
from fake_backend.facts import Event, Letter
from fake_backend.group_commit import NotStored
from fake_backend.outbox import Again, Outbox, Unreachable

DEADLINE = 60.0


class Post:
    """A courier to an addressee who is told as often as it takes, and writes down what was answered."""

    def __init__(self, away: Callable[[Letter], bool] = lambda letter: False, pause: float = 0.0) -> None:
        self.arrived: list[str] = []
        self.settled: list[str] = []
        self.away, self.pause = away, pause
        self.at_once = self.most_at_once = 0

    async def carry(self, letter: Letter) -> str:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.pause)
            if self.away(letter):
                raise Unreachable
            self.arrived.append(letter.key)
            return f"thanks for {letter.key}"
        finally:
            self.at_once -= 1

    def settle(self, books: Books, letter: Letter, answer: str) -> Again | None:
        assert answer == f"thanks for {letter.key}"
        books.note(Event("settled", letter.key))
        return None


@contextlib.asynccontextmanager
async def carried(
    books: Bookkeeper, couriers: dict[str, Any], receivers: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[Outbox]:
    """An outbox at work, ended with the block."""
    outbox = Outbox(books, books._now, couriers, receivers or {}, **more)
    task = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def send(books: Bookkeeper, *letters: Letter) -> None:
    await books.write(lambda open_: [open_.send(letter) for letter in letters])


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not (await found if asyncio.iscoroutine(found := holds()) else found):
            await asyncio.sleep(0.005)


async def settled(books: Bookkeeper) -> list[str]:
    return [key for (key,) in await books.read("SELECT subject FROM daybook WHERE kind = 'settled' ORDER BY sequence")]


async def empty(books: Bookkeeper) -> bool:
    return await books.read("SELECT count(*) FROM outbox") == [(0,)]


def letters(kind: str, count: int) -> list[Letter]:
    return [Letter(kind, f"{kind}{number:03d}", {"n": number}) for number in range(count)]


def test_every_letter_arrives_and_is_settled_with_its_answer(keeping, run) -> None:
    async def scene() -> None:
        async with keeping() as books, carried(books, {"post": (post := Post())}):
            await send(books, *letters("post", 100))
            await until(lambda: empty(books))
            assert sorted(post.arrived) == sorted(await settled(books)) == [letter.key for letter in letters("post", 100)]

    run(scene())


def test_a_letter_waits_for_its_moment(keeping, run, wall) -> None:
    async def scene() -> None:
        async with keeping() as books, carried(books, {"post": (post := Post())}):
            await send(books, Letter("post", "later", {}, due=wall() + 60), Letter("post", "now", {}))
            await until(lambda: post.arrived == ["now"])
            await asyncio.sleep(0.12)
            assert post.arrived == ["now"]
            wall.advance(60)
            await until(lambda: post.arrived == ["now", "later"])

    run(scene())


def test_who_cannot_be_reached_is_told_again_and_again(keeping, run) -> None:
    async def scene() -> None:
        times = iter([True, True])
        async with keeping() as books, carried(books, {"post": (post := Post(lambda letter: next(times, False)))}):
            await send(books, *letters("post", 1))
            await until(lambda: empty(books))
            assert post.arrived == ["post000"]

    run(scene())


def test_a_kind_that_nobody_carries_holds_up_no_other_and_is_not_waited_for(keeping, run) -> None:
    async def scene() -> None:
        async with keeping() as books, carried(books, {"post": (post := Post())}) as outbox:
            await send(books, *letters("nobody", 300), *letters("post", 3))
            await until(lambda: len(post.arrived) == 3)
            await until(lambda: _waiting(outbox, 0, 300))

    run(scene())


async def _waiting(outbox: Outbox, ours: int, others: int) -> bool:
    return await outbox.waiting() == (ours, others)


def test_slow_or_unreachable_addressees_starve_no_other(keeping, run) -> None:
    async def scene() -> None:
        slow, dead, quick = Post(pause=DEADLINE), Post(lambda letter: True), Post()
        async with keeping() as books, carried(books, {"slow": slow, "dead": dead, "quick": quick}):
            await send(books, *letters("slow", 200), *letters("dead", 400), *letters("quick", 50))
            await until(lambda: len(quick.arrived) == 50)
            assert slow.most_at_once == 64 and not slow.arrived

    run(scene())


def test_one_letter_that_cannot_be_delivered_lets_those_of_its_kind_pass(keeping, run) -> None:
    async def scene() -> None:
        async with keeping() as books, carried(books, {"post": (post := Post(lambda letter: letter.key < "post100"))}):
            await send(books, *letters("post", 150))
            await until(lambda: len(post.arrived) == 50)

    run(scene())


def test_a_letter_to_a_room_of_the_house_is_received_in_the_transaction_in_which_it_goes(keeping, run) -> None:
    def receive(books: Books, letter: Letter) -> None:
        books.note(Event("settled", letter.key))

    async def scene() -> None:
        async with keeping() as books, carried(books, {}, {"room": receive}):
            await send(books, *letters("room", 200))
            await until(lambda: empty(books))
            assert await settled(books) == [letter.key for letter in letters("room", 200)]

    run(scene())


def test_a_letter_that_its_room_cannot_take_stays_and_the_others_go(keeping, run) -> None:
    tries: list[str] = []

    def receive(books: Books, letter: Letter) -> None:
        books.note(Event("settled", letter.key))
        if letter.key == "room001":
            tries.append(letter.key)
            raise ValueError("not this one")

    async def scene() -> None:
        async with keeping() as books, carried(books, {}, {"room": receive}):
            await send(books, *letters("room", 5))
            await until(lambda: _counted(books, 4))
            assert await books.read("SELECT key FROM outbox") == [("room001",)]
            await asyncio.sleep(0.1)
            assert len(tries) <= 3  # together, alone, and not again and again

    run(scene())


async def _counted(books: Bookkeeper, many: int) -> bool:
    return len(await settled(books)) == many


def test_an_answer_that_cannot_be_settled_yet_is_asked_for_again_at_its_moment(keeping, run, wall) -> None:
    class Patient(Post):
        def settle(self, books: Books, letter: Letter, answer: str) -> Again | None:
            return Again(wall() + 30) if letter.tries == 0 else super().settle(books, letter, answer)

    async def scene() -> None:
        async with keeping() as books, carried(books, {"post": (post := Patient())}):
            await send(books, *letters("post", 1))
            await until(lambda: len(post.arrived) == 1)
            await until(lambda: _due(books, wall() + 30))
            wall.advance(30)
            await until(lambda: empty(books))
            assert post.arrived == ["post000", "post000"]

    run(scene())


async def _due(books: Bookkeeper, at: float) -> bool:
    return await books.read("SELECT due FROM outbox") == [(at,)]


def test_who_does_not_lead_carries_nothing(keeping, run) -> None:
    async def scene() -> None:
        leads = [False]
        async with keeping() as books, carried(books, {"post": (post := Post())}, leads=lambda: leads[0]):
            await send(books, *letters("post", 1))
            await asyncio.sleep(0.15)
            assert not post.arrived
            leads[0] = True
            await until(lambda: post.arrived)

    run(scene())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_any_instant_letters_are_carried_at_least_once_and_take_effect_exactly_once(keeping, run, seed: int) -> None:
    chance = random.Random(seed)

    def receive(books: Books, letter: Letter) -> None:
        books.note(Event("settled", letter.key))
        books.send(Letter("post", f"because-of-{letter.key}", {}))

    async def scene() -> None:
        post = Post(lambda letter: chance.random() < 0.2, pause=0.001)
        sent: list[str] = []
        for life in range(6):
            async with keeping() as books, carried(books, {"post": post}, {"room": receive}):
                for number in range(5):
                    key = f"life{life}-{number}"
                    with contextlib.suppress(NotStored):
                        await send(books, Letter("room", key, {}))
                        sent.append(key)
                await asyncio.sleep(chance.random() * 0.03)  # and then the outbox is gone, with whatever was on its way
        async with keeping() as books, carried(books, {"post": post}, {"room": receive}):
            await until(lambda: empty(books))
            effects = await settled(books)
            assert len(effects) == len(set(effects))
            assert set(effects) == {*sent, *(f"because-of-{key}" for key in sent)}
            assert set(post.arrived) == {f"because-of-{key}" for key in sent}

    run(scene())
