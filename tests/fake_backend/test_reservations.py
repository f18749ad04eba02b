"""Reservations: the rule by itself, and over HTTP on a real file."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_backend.asked import Facts, Reserve
from fake_backend.facts import Refusal, Reservation, Round
from fake_backend.reservations import decide

ROUND = Round("r", "item", open=100.0, close=200.0)
ASKED = Reserve("p1", "r", "s1")
MADE = Reservation(7, "p1", "r", "s1", "k1", 150.0)

TABLE = [
    # nothing known of key or person, inside the window: a new fact with the next number
    (Facts(ROUND, None, None, 8), 150.0, Reservation(8, "p1", "r", "s1", "k1", 150.0)),
    # the instant of opening is inside, the instant before is not
    (Facts(ROUND, None, None, 8), 100.0, Reservation(8, "p1", "r", "s1", "k1", 100.0)),
    (Facts(ROUND, None, None, 8), 99.999, "round_not_open"),
    # the instant of closing is outside
    (Facts(ROUND, None, None, 8), 199.999, Reservation(8, "p1", "r", "s1", "k1", 199.999)),
    (Facts(ROUND, None, None, 8), 200.0, "round_closed"),
    # a round that was never on offer
    (Facts(None, None, None, 8), 150.0, "unknown_round"),
    # the person is in already, under another key
    (Facts(ROUND, None, MADE, 8), 150.0, "already_reserved"),
    # the same key and content: the very same fact, even when the round has closed since
    (Facts(ROUND, MADE, MADE, 8), 150.0, MADE),
    (Facts(ROUND, MADE, MADE, 8), 999.0, MADE),
]


@pytest.mark.parametrize(("facts", "now", "expected"), TABLE)
def test_the_rule_row_by_row(facts: Facts, now: float, expected: Reservation | str) -> None:
    decided = decide(ASKED, "k1", facts, now)
    assert (decided.code if isinstance(decided, Refusal) else decided) == expected


@pytest.mark.parametrize("other", [Reserve("p2", "r", "s1"), Reserve("p1", "x", "s1"), Reserve("p1", "r", "s2")])
def test_a_key_belongs_to_one_content(other: Reserve) -> None:
    decided = decide(other, "k1", Facts(ROUND, MADE, None, 8), 150.0)
    assert isinstance(decided, Refusal) and decided.code == "key_reused"


TRIES = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from("st"), st.floats(50, 250)), max_size=30)


@given(TRIES)
def test_whatever_is_asked_the_ledger_has_one_entry_a_person_inside_the_window_and_no_gap(tries: list[tuple[str, str, str, float]]) -> None:
    ledger: list[Reservation] = []
    for person, key, shop, now in tries:
        facts = Facts(
            ROUND,
            next((fact for fact in ledger if fact.key == key), None),
            next((fact for fact in ledger if fact.person == person), None),
            len(ledger) + 1,
        )
        fact = decide(Reserve(person, "r", shop), key, facts, now)
        if isinstance(fact, Reservation) and fact is not facts.under_key:
            ledger.append(fact)
    assert [fact.sequence for fact in ledger] == list(range(1, len(ledger) + 1))
    assert len({fact.person for fact in ledger}) == len({fact.key for fact in ledger}) == len(ledger)
    assert all(100.0 <= fact.at < 200.0 for fact in ledger)


def test_a_reservation_is_answered_with_its_number_and_the_servers_time(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            wall.advance(3.25)
            status, body, _ = await guest.reserve()
            assert status == 201
            assert body == {"sequence": 1, "person": "p1", "round": "2022-04-01.r1", "shop": "s1", "at": "2022-04-01T09:00:03.250"}
            assert (await guest("GET", "/reservations/1"))[:2] == (200, body)
            found = await guest("GET", "/reservations?person=p1&round=2022-04-01.r1")
            assert found[:2] == (200, {"reservations": [body]})
            assert (await guest("GET", "/reservations?person=p2&round=2022-04-01.r1"))[1] == {"reservations": []}

    run(scene())


def test_the_same_key_gets_the_same_answer_also_after_a_restart_and_after_the_close(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            first = await guest.reserve()
            again = await guest.reserve()
            assert again[:2] == first[:2]
            assert again[2]["Idempotent-Replay"] == "true" and "Idempotent-Replay" not in first[2]
        wall.advance(7200)
        async with serving() as guest:
            later = await guest.reserve()
            assert later[:2] == first[:2]
            assert later[2]["Idempotent-Replay"] == "true"
            assert (await guest.reserve("p2", "k2"))[1]["code"] == "round_closed"
            assert len(await guest.rows()) == 1

    run(scene())


def test_every_refusal_has_its_code_and_field(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest.reserve()
            for asked, expected in (
                (guest.reserve("p1", "k2"), (409, "already_reserved", "person")),
                (guest.reserve("p2", "k1"), (422, "key_reused", "Idempotency-Key")),
                (guest.reserve("p2", "k3", round_="2022-04-01.r9"), (422, "unknown_round", "round")),
                (guest.reserve("p 2", "k3"), (422, "bad_field", "person")),
                (guest.reserve("p2\n", "k3"), (422, "bad_field", "person")),
                (guest.reserve("p2", "k" * 65), (400, "key_malformed", "Idempotency-Key")),
                (guest("POST", "/reservations", {"person": "p", "round": "r", "shop": "s"}), (400, "key_missing", "Idempotency-Key")),
                (guest("POST", "/reservations", {"person": "p", "round": "r"}), (422, "bad_field", "shop")),
                (guest("POST", "/reservations", {"person": "p", "round": "r", "shop": "s", "more": 1}), (422, "bad_field", "more")),
                (guest("POST", "/reservations", [1]), (422, "bad_field", None)),
                (guest("POST", "/reservations", data=b"{"), (400, "malformed_json", None)),
                (guest("POST", "/reservations", data=b"\xff" * 9), (400, "malformed_json", None)),
                (guest("POST", "/reservations", data=b" " * 70_000), (413, "body_too_large", None)),
                (guest("GET", "/reservations/0"), (404, "no_such_reservation", "sequence")),
                (guest("GET", "/reservations/x"), (404, "no_such_reservation", "sequence")),
                (guest("GET", "/reservations?person=p1"), (422, "bad_field", "round")),
                (guest("DELETE", "/reservations/1"), (405, "method_not_allowed", None)),
                (guest("GET", "/nowhere"), (404, "no_such_path", None)),
            ):
                status, body, headers = await asked
                assert headers["Content-Type"] == "application/problem+json"
                assert (status, body["code"], body.get("field")) == expected
                assert body["status"] == status

    run(scene())


def test_a_round_opens_and_closes_by_the_servers_own_clock(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            await guest("PUT", "/clock", {"now": "2022-04-01T08:59:59", "speed": 10})
            refused = await guest.reserve()
            assert (refused[0], refused[1]["code"]) == (409, "round_not_open")
            wall.advance(0.1)
            assert (await guest.reserve())[0] == 201
            wall.advance(359.999)
            assert (await guest.reserve("p2", "k2"))[1]["at"] == "2022-04-01T09:59:59.990"
            wall.advance(0.001)
            assert (await guest.reserve("p3", "k3"))[1]["code"] == "round_closed"

    run(scene())


def test_the_next_day_has_rounds_of_its_own(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving() as guest:
            wall.advance(86400)
            assert (await guest.reserve(round_="2022-04-02.r4"))[0] == 201
            _, shown, _ = await guest("GET", "/rounds")
            assert [row["round"] for row in shown["rounds"]] == [f"2022-04-02.r{number}" for number in (1, 2, 3, 4)]
            assert shown["rounds"][0]["state"] == "open"
            assert (await guest.reserve(key="k2", round_="2022-04-01.r1"))[1]["code"] == "round_closed"

    run(scene())


def test_of_many_who_ask_the_same_at_once_one_row_is_made_and_all_get_it(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            answers = await asyncio.gather(*(guest.reserve() for _ in range(40)))
            assert all(answer[:2] == answers[0][:2] for answer in answers)
            assert sum("Idempotent-Replay" in answer[2] for answer in answers) == 39
            rivals = await asyncio.gather(*(guest.reserve("p2", f"rival-{number}") for number in range(40)))
            assert sorted(answer[0] for answer in rivals) == [201] + [409] * 39
            assert len(await guest.rows()) == 2

    run(scene())


def test_many_requests_share_a_transaction(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            answers = await asyncio.gather(*(guest.reserve(f"p{number}", f"k{number}") for number in range(90)))
            assert sorted(answer[1]["sequence"] for answer in answers) == list(range(1, 91))
            _, text, _ = await guest("GET", "/metrics")
            lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("fake_backend_commit_rows"))
            assert float(lines["fake_backend_commit_rows_sum"]) == 90
            assert float(lines["fake_backend_commit_rows_count"]) < 60

    run(scene())
