"""What a feeder sends: every row once, whoever shares them; in time, whoever signs them."""

import asyncio
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rushproof.errors import PersonaError
from rushproof.people.feeder import Feeder
from rushproof.people.signer import Signer, Unsigned
from rushproof.persons import Row, Token
from rushproof.plan import Plan
from rushproof.population import Population, PopulationSpec
from rushproof.quantity import decode
from rushproof.schedule import Schedule, persons
from rushproof.wire import Message, Unpacker

PERSON = Population(PopulationSpec(), 1).person(7)


class Wire:
    """The engine's end: what was written, and when."""

    def __init__(self) -> None:
        self.said: list[tuple[Message, bytes]] = []
        self.times: list[float] = []
        self._unpacker = Unpacker()

    def write(self, data: bytes) -> None:
        self.said += self._unpacker.feed(data)
        self.times.append(time.time())

    async def drain(self) -> None:
        await asyncio.sleep(0)

    @property
    def batches(self) -> list[list[Row]]:
        return [msgspec.msgpack.decode(payload, type=list[Row]) for message, payload in self.said if message is Message.ROWS]

    @property
    def rows(self) -> list[Row]:
        return [row for batch in self.batches for row in batch]


def plan(people: tuple[int, ...] = (40,), seconds: float = 10, **more: Any) -> Plan:
    crowds = [
        {"name": f"c{nth}", "persona": "p.py", "people": count, "arrivals": {"shape": "steady", "from": "09:00", "for": f"{seconds}s"}}
        for nth, count in enumerate(people)
    ]
    whole = {
        "run": "r",
        "salt": "00",
        "seed": 1,
        "url": "",
        "population": {},
        "crowds": crowds,
        "timetable": {"from": "09:00", "to": f"09:00 + {seconds}s"},
    }
    return msgspec.convert({**whole, **more}, Plan, strict=False, dec_hook=decode)


def alone(whole: Plan, crowd: int, worker: int) -> Plan:
    """What the engine gives the feeder of one crowd on one worker."""
    return msgspec.structs.replace(whole, crowds=(whole.crowds[crowd],), first_person=Schedule(whole, crowd).offset, worker=worker)


def fed(plan: Plan, start: float | None = None) -> Wire:
    """Everything that a feeder sends; where nobody signs it needs no start."""

    async def feed() -> Wire:
        wire = Wire()
        feeder: Any = Feeder(plan, wire)  # type: ignore[arg-type]  # a wire writes and drains
        if start is not None:
            feeder.start(start)
        await asyncio.wait_for(feeder.feed(), 20)
        return wire

    return asyncio.run(feed())


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("people") / "people.csv"
    path.write_text("id,token\n" + "".join(f"m{number},t{number}\n" for number in range(5_000)))
    return str(path)


@pytest.fixture
def signer(tmp_path: Path) -> Callable[[str], str]:
    def write(body: str) -> str:
        (tmp_path / "tickets.py").write_text("import asyncio, time\nfrom rushproof.persons import Token\n" + textwrap.dedent(body).lstrip())
        return f"{tmp_path / 'tickets.py'}:sign"

    return write


@given(
    workers=st.integers(1, 5),
    people=st.lists(st.integers(0, 700), min_size=1, max_size=3),
    first=st.integers(0, 2_000),
    cut=st.sampled_from(["09:00", "09:00 + 3s", "09:00 + 9.5s"]),
)
@settings(max_examples=25)
def test_the_rows_of_all_crowds_on_all_workers_are_the_slice_and_none_comes_twice(
    workers: int, people: list[int], first: int, cut: str, file: str
) -> None:
    whole = plan(
        tuple(people),
        workers=workers,
        first_person=first,
        persons={"file": file, "token": "token"},
        timetable={"from": cut, "to": "09:00 + 10s"},
    )
    found = [row.index for crowd in range(len(people)) for worker in range(workers) for row in fed(alone(whole, crowd, worker)).rows]
    assert sorted(found) == list(range(first, first + persons(whole)))
    assert persons(whole) <= sum(people)


@given(workers=st.integers(1, 5), worker=st.integers(0, 4), people=st.integers(0, 900))
@settings(max_examples=25)
def test_rows_come_in_the_order_of_the_arrivals_they_are_for(workers: int, worker: int, people: int, file: str) -> None:
    mine = plan((people,), workers=workers, worker=worker % workers, first_person=5, persons={"file": file})
    schedule, due = Schedule(mine, 0), []
    while len((block := schedule.block(100)).number):
        due += block.person.tolist()
    assert [row.index for row in fed(mine).rows] == due


def test_the_end_of_the_rows_is_an_empty_message_and_then_it_is_ready(file: str) -> None:
    wire = fed(plan(persons={"file": file}, first_person=4_990))
    assert (len(wire.rows), wire.batches[-1]) == (10, [])
    assert wire.said[-1][0] is Message.READY


def test_nobody_is_signed_earlier_than_ahead_of_the_time_and_nobody_late(signer: Any) -> None:
    path = signer("""
        def sign(person):
            return Token(f"{time.time()}")
    """)
    start = time.time() + 0.5
    wire = fed(plan((60,), seconds=3, persons={"signer": path, "ahead": "0.7s"}), start)
    for nth, row in enumerate(wire.rows):
        due = start + nth / 20
        assert due - 0.75 < float(row.token) < due - 0.3


def test_before_the_start_is_known_only_the_first_second_is_signed(signer: Any) -> None:
    path = signer("""
        def sign(person):
            return "t"
    """)

    async def feed() -> Wire:
        wire = Wire()
        feeding = asyncio.create_task(Feeder(plan((100,), persons={"signer": path}), wire).feed())  # type: ignore[arg-type]
        async with asyncio.timeout(60):
            while not any(message is Message.READY for message, _ in wire.said):
                await asyncio.sleep(0.001)
        feeding.cancel()
        return wire

    assert len(asyncio.run(feed()).rows) == 10


def test_tokens_that_last_short_are_made_late_enough_to_be_half_good(signer: Any) -> None:
    path = signer("""
        def sign(person):
            return Token(f"{time.time()}", time.time() + 1.0)
    """)
    start = time.time() + 0.2
    wire = fed(plan((60,), seconds=3, persons={"signer": path, "ahead": "30s"}), start)
    late = [(start + nth / 20, row.expires) for nth, row in enumerate(wire.rows) if nth / 20 > 1.5]
    assert late
    assert all(expires is not None and expires - due > 0.35 for due, expires in late)


def test_a_token_of_the_file_that_lasts_is_kept_and_others_are_made(signer: Any, tmp_path: Path) -> None:
    ends = time.time() + 3_600
    (tmp_path / "p.csv").write_text(f"id,token,ends,password\na,kept,{ends},x\nb,old,{time.time() + 5},y\nc,,,z\nd,endless,,w\n")
    path = signer("""
        def sign(person):
            return Token(f"{person.id} {person['password']}")
    """)
    spec = {"file": str(tmp_path / "p.csv"), "token": "token", "expires": "ends", "attributes": ["password"], "signer": path}
    assert [row.token for row in fed(plan((4,), persons=spec), time.time()).rows] == ["kept", "b y", "c z", "endless"]


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_what_failed_once_is_tried_again(kind: str, signer: Any) -> None:
    path = signer(f"""
        tries = 0

        {kind} sign(person):
            global tries
            tries += 1
            if tries < 3:
                raise ConnectionError
            return "third"
    """)
    assert asyncio.run(Signer(path).sign(PERSON)) == Token("third")


def test_what_a_signer_raised_is_told_by_its_kind_and_line_alone(signer: Any) -> None:
    path = signer("""
        import json


        def sign(person):
            return json.loads("s3cret of " + person.id)
    """)
    with pytest.raises(Unsigned) as found:
        asyncio.run(Signer(path).sign(PERSON))
    assert str(found.value) == "the signer raised JSONDecodeError (sign, line 7)"
    assert found.value.__context__ is None or found.value.__suppress_context__


@pytest.mark.parametrize("written", ["tickets.py", "tickets.py:", ":sign", "tickets.py:not a name"])
def test_a_signer_is_a_file_and_a_function(written: str) -> None:
    with pytest.raises(PersonaError, match=r"expected \./FILE\.py:FUNCTION"):
        Signer(written)


def test_neither_a_row_nor_a_token_shows_what_is_in_it() -> None:
    assert "s3cret" not in repr(Row(1, "m-s3cret", "s3cret", None, {"a": "s3cret"})) + repr(Token("s3cret"))
