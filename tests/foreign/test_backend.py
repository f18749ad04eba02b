"""The foreign service by itself, asked as its own team would ask it: honest, unless it is told which bug to have."""

import csv
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import jwt
import pytest
from company import BACKEND, SECRET, Company


def token(user: str, *, ends_in: float = 60.0, secret: str = SECRET) -> dict[str, str]:
    return {"authorization": "Bearer " + jwt.encode({"sub": user, "exp": int(time.time() + ends_in)}, secret, "HS256")}


def client(company: Company, **options) -> httpx2.Client:
    return httpx2.Client(base_url=company.url, verify=company.trust, timeout=10, trust_env=False, **options)


def book(to: httpx2.Client, user: str, activity: str = "ACT-8001", store: str = "SH01") -> dict:
    wish = {"activityId": activity, "storeCode": store, "contactPhone": "13900000000"}
    answer = to.post("/api/v2/bookings", json=wish, headers=token(user))
    assert answer.status_code == 200
    return answer.json()


def somebody() -> str:
    return f"usr_{secrets.token_hex(6)}"


def crowd(company: Company, users: list[str], **where) -> list[int]:
    """The code that each user's booking came to, many at once."""
    with client(company) as to, ThreadPoolExecutor(8) as at_once:
        return list(at_once.map(lambda user: book(to, user, **where)["code"], users))


def test_a_booking_is_answered_with_its_number_and_is_in_the_database(company):
    user = somebody()
    with client(company) as to:
        said = book(to, user)
    assert said["code"] == 0
    number = said["data"]["bookingNo"]
    assert company.rows(f"SELECT user_id, activity_id, store_code FROM bookings WHERE booking_no = '{number}'") == [
        (user, "ACT-8001", "SH01")
    ]


def test_a_second_booking_of_a_user_is_1001_and_an_activity_that_is_not_is_1003(company):
    user = somebody()
    with client(company) as to:
        assert [book(to, user)["code"], book(to, user)["code"]] == [0, 1001]
        assert book(to, user, activity="ACT-0")["code"] == 1003
        assert book(to, user, store="XX99")["code"] == 1003


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer nonsense"}, token("usr_1", ends_in=-5), token("usr_1", secret="another-secret-of-thirty-two-bytes-x")],
)
def test_without_a_valid_token_every_answer_is_4011(headers, company):
    with client(company) as to:
        assert to.get("/api/v2/activities", headers=headers).json()["code"] == 4011


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"activityId": 1}', b'{"activityId": "a\\u0000", "storeCode": "b", "contactPhone": "c"}']
)
def test_what_makes_no_sense_is_4001_and_never_a_500(body, company):
    with client(company) as to:
        answer = to.post("/api/v2/bookings", content=body, headers=token("usr_1"))
        assert (answer.status_code, answer.json()["code"]) == (200, 4001)


def test_it_speaks_http_2_to_those_who_ask(company):
    with client(company, http2=True) as to:
        answer = to.get("/api/v2/activities", headers=token("usr_1"))
    assert answer.http_version == "HTTP/2"
    assert [one["activityId"] for one in answer.json()["data"]] == ["ACT-8001", "ACT-8002"]


def test_it_is_trusted_by_its_own_authority_only(company):
    with pytest.raises(httpx2.ConnectError, match=r"(?i)certificate"), httpx2.Client(trust_env=False) as stranger:
        stranger.get(f"{company.url}/livez")


def test_it_gives_a_cookie_once_and_shows_its_pool(company):
    with client(company) as to:
        assert "SEATS_SESSION" in to.get("/api/v2/activities", headers=token("usr_1")).cookies
        assert "set-cookie" not in to.get("/api/v2/activities", headers=token("usr_1")).headers
        assert "db_pool_size 8.0" in to.get("/metrics").text


def test_the_first_version_moved_to_another_host(company):
    with client(company) as to:
        answer = to.get("/api/v1/activities")
    assert (answer.status_code, answer.headers["location"]) == (308, "https://www.seats.example/api/v1/activities")


def test_no_more_seats_are_given_than_there_are_and_numbers_have_gaps(start):
    with start(seats=20) as company:
        codes = crowd(company, [somebody() for _ in range(60)])
        assert (codes.count(0), codes.count(1002)) == (20, 40)
        assert company.rows("SELECT count(*) FROM bookings") == [(20,)]
        assert company.rows("SELECT remaining FROM inventory WHERE (activity_id, store_code) = ('ACT-8001', 'SH01')") == [(0,)]
        assert crowd(company, [somebody()], store="BJ02") == [0]
        assert company.rows("SELECT max(id) > count(*) FROM bookings") == [(True,)]


def test_one_user_at_many_doors_gets_one_booking(company):
    user = somebody()
    codes = crowd(company, [user] * 16, activity="ACT-8002")
    assert (codes.count(0), codes.count(1001)) == (1, 15)


def test_oversell_gives_more_seats_than_there_are(start):
    with start(bug="OVERSELL", seats=20) as company:
        assert crowd(company, [somebody() for _ in range(60)]).count(0) > 20


def test_lost_after_200_says_yes_to_what_is_not_there(start):
    with start(bug="LOST_AFTER_200") as company:
        assert crowd(company, [somebody() for _ in range(60)]).count(0) == 60
        assert company.rows("SELECT count(*) FROM bookings") == [(58,)]


def test_double_entry_writes_two_rows_for_one_booking(start):
    with start(bug="DOUBLE_ENTRY") as company:
        assert crowd(company, [somebody() for _ in range(60)]).count(0) == 60
        assert company.rows("SELECT count(*), count(DISTINCT user_id) FROM bookings") == [(62, 60)]


def test_users_come_with_tokens_that_let_them_in(company, tmp_path: Path):
    file = company.users(tmp_path / "users.csv", 3)
    with client(company) as to, file.open() as lines:
        for row in csv.DictReader(lines):
            said = to.get("/api/v2/activities", headers={"authorization": f"Bearer {row['jwt']}"})
            assert said.json()["code"] == 0
            assert float(row["valid_until"]) > time.time()


def test_nothing_of_ours_is_in_it():
    words = "\n".join(file.read_text() for file in BACKEND.glob("*.*"))
    assert "rushproof" not in words
    assert "fake_backend" not in words
