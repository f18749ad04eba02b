"""Messages to people: taken in posts, told apart by the post's key, and written into the log when they have really arrived.

    POST ─▶ taken ─┬─────────────────▶ arrived (once, or twice)
                   └─▶ on the way ───▶ arrived | lost: tried again when the post comes again

A post that comes again takes nothing anew: it says how many of its messages are still on the way, and those that were lost get another
try.  Who sends until nothing is on the way has told everybody at least once.
"""

from array import array
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from fake_backend.books import Bookkeeper, Books
from fake_backend.duties import Duty
from fake_backend.facts import Identifier
from fake_backend.fingerprints import Fingerprints, mark
from fake_backend.providers.behaviour import Behaviour, Temper
from fake_backend.providers.chances import chance, delay
from fake_backend.room import Ledger

SMS: Final = "sms"
IN_APP: Final = "in-app"
MOST: Final = 1000
"""messages in a post"""
_AT_ONCE: Final = 500
_IDLE: Final = 1.0
"""seconds of the clock after which a lost message can be known as such, at least"""

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[!-~]+(?!\n)$")]

SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS posts (channel TEXT NOT NULL, post TEXT NOT NULL, PRIMARY KEY (channel, post))",
    """CREATE TABLE IF NOT EXISTS arrived (
  number INTEGER PRIMARY KEY, at DOUBLE PRECISION NOT NULL, channel TEXT NOT NULL, key TEXT NOT NULL, person TEXT NOT NULL,
  round TEXT NOT NULL, what TEXT NOT NULL, order_id TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS on_the_way (
  number INTEGER PRIMARY KEY, channel TEXT NOT NULL, post TEXT NOT NULL, due DOUBLE PRECISION NOT NULL, lost INTEGER NOT NULL,
  try INTEGER NOT NULL, message TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS on_the_way_due ON on_the_way (lost, due)",
    "CREATE INDEX IF NOT EXISTS on_the_way_post ON on_the_way (channel, post)",
)
_COLUMNS: Final = ("number", "at", "channel", "key", "person", "round", "what")
LEDGER: Final = Ledger(_COLUMNS, f"SELECT {', '.join(_COLUMNS)} FROM arrived WHERE number > ? ORDER BY number LIMIT ?")


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one person is told; ids only, the words are the app's."""

    key: Key
    person: Identifier
    what: Identifier
    round: Identifier | None = None
    order: Identifier | None = None


class Taken(msgspec.Struct, frozen=True):
    """What a post is answered with: how many of its messages have not arrived yet."""

    on_the_way: int


class Inboxed(msgspec.Struct, frozen=True):
    """A message in somebody's inbox; `times` is how often it came."""

    at: float
    channel: str
    key: str
    what: str
    round: str
    order: str
    times: int


_Row = tuple[float, str, str, str, str, str, str]
"""a row of `arrived` without its number"""


def fate(message: Message, channel: str, try_: int, now: float, behaviour: Behaviour) -> tuple[float, int]:
    """When it arrives, and how often: 0 if it is lost on the way."""
    seed, key = behaviour.seed, message.key
    due = now + delay(behaviour.notice_delay, seed, channel, key, try_)
    if behaviour.notice_loss and chance(seed, "loss", channel, key, try_) < behaviour.notice_loss:
        return due, 0
    twice = behaviour.notice_twice and chance(seed, "twice", channel, key, try_) < behaviour.notice_twice
    return due, 2 if twice else 1


class Messages:
    """Takes posts, delivers, and shows what arrived."""

    def __init__(self, books: Bookkeeper, temper: Temper) -> None:
        self._books, self._temper = books, temper
        self._inboxes = Fingerprints()
        self.duty = Duty("deliver", self.deliver)

    async def load(self) -> None:
        """Find every inbox again, in the log."""
        persons, numbers = array("Q"), array("Q")
        after = 0
        while rows := await self._books.read("SELECT number, person FROM arrived WHERE number > ? ORDER BY number LIMIT 50000", after):
            persons.extend(mark(person) for _, person in rows)
            numbers.extend(number for number, _ in rows)
            after = rows[-1][0]
        if numbers:
            self._inboxes = Fingerprints.of(persons, numbers)

    async def taken(self, channel: str, post: str, messages: Sequence[Message]) -> Taken:
        """Take a post, or say what became of it where it had been taken before."""
        behaviour = self._temper()

        def work(books: Books) -> tuple[int, list[_Row], int]:
            if books.row("SELECT 1 FROM posts WHERE channel = ? AND post = ?", channel, post):
                arrived = _again(books, channel, post, behaviour)
            else:
                books.run("INSERT INTO posts VALUES (?, ?)", channel, post)
                arrived = _sent(books, channel, post, [(message, 1) for message in messages], behaviour)
            first = _log(books, arrived)
            rows = books.row("SELECT count(*) FROM on_the_way WHERE channel = ? AND post = ?", channel, post)
            return first, arrived, rows[0] if rows else 0

        first, arrived, left = await self._books.write(work)
        self._note(first, arrived)
        return Taken(left)

    async def deliver(self, now: float) -> float:
        """Let arrive what is due; a duty."""

        def work(books: Books) -> tuple[int, list[_Row]]:
            due = books.rows(
                "SELECT number, channel, try, message FROM on_the_way WHERE lost = 0 AND due <= ? ORDER BY due, number LIMIT ?",
                now,
                _AT_ONCE,
            )
            behaviour, arrived = self._temper(), list[_Row]()
            for number, channel, try_, text in due:
                message = _decode(text)
                times = max(fate(message, channel, try_, 0.0, behaviour)[1], 1)
                arrived += [_row(books.at, channel, message)] * times
                books.run("DELETE FROM on_the_way WHERE number = ?", number)
            return _log(books, arrived), arrived

        (next_,) = (await self._books.read("SELECT min(due) FROM on_the_way WHERE lost = 0"))[0]
        if next_ is None or next_ > now:
            return now + _IDLE if next_ is None else float(next_)
        self._note(*await self._books.write(work))
        return now

    async def inbox(self, person: str) -> list[Inboxed]:
        """What has arrived for the person, each message once, the first first."""
        numbers = self._inboxes.find(mark(person))
        if not numbers:
            return []
        rows = await self._books.read(
            f"SELECT min(at), channel, key, what, round, order_id, count(*) FROM arrived WHERE number IN ({_blanks(len(numbers))})"
            " AND person = ? GROUP BY channel, key, what, round, order_id ORDER BY min(number)",
            *numbers, person,
        )  # fmt: skip
        return [Inboxed(*row) for row in rows]

    async def waiting(self) -> int:
        """How many messages are on the way and will arrive by themselves."""
        return int((await self._books.read("SELECT count(*) FROM on_the_way WHERE lost = 0"))[0][0])

    def _note(self, first: int, arrived: Sequence[_Row]) -> None:
        for number, row in enumerate(arrived, first):
            self._inboxes.add(mark(row[3]), number)


def _sent(books: Books, channel: str, post: str, messages: Sequence[tuple[Message, int]], behaviour: Behaviour) -> list[_Row]:
    """Send each on its way, as its try so and so; the rows of those that have arrived at once."""
    arrived, later = [], []
    for message, try_ in messages:
        due, times = fate(message, channel, try_, books.at, behaviour)
        if times and due <= books.at:
            arrived += [_row(books.at, channel, message)] * times
        else:
            later.append((channel, post, due if times else max(due, books.at + _IDLE), int(not times), try_, _encode(message).decode()))
    books.many("INSERT INTO on_the_way (channel, post, due, lost, try, message) VALUES (?, ?, ?, ?, ?, ?)", later)
    return arrived


def _again(books: Books, channel: str, post: str, behaviour: Behaviour) -> list[_Row]:
    """Another try for those of the post that were lost."""
    lost = books.rows(
        "SELECT number, try, message FROM on_the_way WHERE channel = ? AND post = ? AND lost = 1 AND due <= ?", channel, post, books.at
    )
    books.many("DELETE FROM on_the_way WHERE number = ?", [(number,) for number, _, _ in lost])
    return _sent(books, channel, post, [(_decode(text), try_ + 1) for _, try_, text in lost], behaviour)


def _log(books: Books, arrived: Sequence[_Row]) -> int:
    """Write what arrived into the log; the number of the first."""
    found = books.row("SELECT max(number) FROM arrived")
    first = ((found and found[0]) or 0) + 1
    for start in range(0, len(arrived), _AT_ONCE):
        part = arrived[start : start + _AT_ONCE]
        values = [value for number, row in enumerate(part, first + start) for value in (number, *row)]
        books.run(f"INSERT INTO arrived VALUES {','.join(['(?,?,?,?,?,?,?,?)'] * len(part))}", *values)
    return first


def _row(at: float, channel: str, message: Message) -> _Row:
    return (at, channel, message.key, message.person, message.round or "", message.what, message.order or "")


def _blanks(count: int) -> str:
    return ",".join("?" * count)


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Message).decode
