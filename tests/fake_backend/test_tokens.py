"""Tokens: whoever has one may speak for one person, on one device, for a while."""

from pathlib import Path
from time import perf_counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_backend.facts import Refusal
from fake_backend.settings import Links, read
from fake_backend.tokens import Token, key_of, read_token, written_token
from rushproof.people.signer import Signer
from rushproof.population import Population, PopulationSpec

databases = ("sqlite",)  # nothing here depends on it

SIGNERS = Path(__file__).resolve().parents[2] / "scenarios" / "signers"
KEY = key_of("reference")
NAMES = st.text("ABCxyz019._:-", min_size=1, max_size=64)
TOKENS = st.builds(
    Token,
    NAMES,
    NAMES,
    st.booleans(),
    st.integers(0, 10**9),
    st.integers(10**9 + 1, 10**12 - 1),
    st.text("abc019-", min_size=1, max_size=64),
)
TOKEN = Token("p1", "d1", True, 1000, 2000, "n1")


@given(TOKENS)
def test_a_token_says_what_was_written(token: Token) -> None:
    assert read_token(written_token(token, KEY), KEY, 1e9) == token


@given(TOKENS, st.data())
def test_a_token_that_anything_was_done_to_is_wrong(token: Token, data) -> None:
    text = written_token(token, KEY)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(max_codepoint=1000).filter(lambda sign: sign != text[place]))
    for changed in (text[:place] + other + text[place + 1 :], text[:place] + text[place + 1 :], text + other, text[:place]):
        found = read_token(changed, KEY, 1e9)
        assert isinstance(found, Refusal) and found.code == "token_wrong"


@given(st.text(max_size=600))
def test_what_is_no_token_at_all_is_wrong(text: str) -> None:
    found = read_token(text, KEY, 1e9)
    assert isinstance(found, Refusal) and found.code == "token_wrong"


@pytest.mark.parametrize(
    ("key", "now", "code"),
    [
        (KEY, 939, "token_wrong"),  # not valid yet
        (KEY, 940, None),
        (KEY, 1999.999, None),
        (KEY, 2000, "token_expired"),
        (key_of("another"), 1500, "token_wrong"),
        (key_of("reference", "codes"), 1500, "token_wrong"),
    ],
)
def test_a_token_is_good_for_a_while_by_the_servers_clock(key: bytes, now: float, code: str | None) -> None:
    found = read_token(written_token(TOKEN, key), KEY, now)
    assert (found.code if isinstance(found, Refusal) else None) == code


def test_a_token_is_checked_in_a_few_microseconds() -> None:
    text, best = written_token(TOKEN, KEY), 1.0
    for _ in range(5):
        begun = perf_counter()
        for _ in range(2000):
            read_token(text, KEY, 1500.0)
        best = min(best, (perf_counter() - begun) / 2000)
    assert best < 100e-6  # some six, on a machine with nothing else to do


# changed, headers taken away or put, code
SHOWN = [
    ({}, {}, None),
    ({}, {"Authorization": None}, "token_missing"),
    ({}, {"Authorization": "Bearer nonsense"}, "token_wrong"),
    ({}, {"Device": "d2"}, "token_replayed"),
    ({}, {"Device": None}, "token_replayed"),
    ({"device": ""}, {"Device": None}, None),
    ({"person": "stranger"}, {}, "not_yours"),
    ({"verified": False}, {}, "not_verified"),
    ({"expires": 1000}, {}, "token_expired"),
    ({"issued": 2 * 10**9, "expires": 3 * 10**9}, {}, "token_wrong"),
]


async def shows(guest, number: int, changed: dict, headers: dict, code: str | None) -> None:
    token = msgspec.structs.replace(Token(f"p{number}", "d1", True, 0, 10**11, "n"), **changed)
    shown = {"Authorization": f"Bearer {written_token(token, KEY)}", "Device": "d1"} | headers
    shown = {name: value for name, value in shown.items() if value is not None}
    body, rows = {"person": f"p{number}", "round": "2022-04-01.r1", "shop": "s1"}, len(await guest.rows())
    status, answer, back = await guest("POST", "/reservations", body, headers={"Idempotency-Key": f"k{number}", **shown})
    looked = await guest("GET", f"/reservations?person=p{number}&round=2022-04-01.r1", headers=shown)
    if code is None:
        assert (status, looked[0], len(looked[1]["reservations"])) == (201, 200, 1)
        assert (await guest("GET", f"/reservations/{answer['sequence']}", headers=shown))[0] == 200
    else:
        assert (answer["code"], looked[1]["code"]) == (code, code)
        assert status == (403 if code in ("not_yours", "not_verified") else 401)
        assert ("WWW-Authenticate" in back) == (status == 401)
        assert len(await guest.rows()) == rows


def test_who_reserves_or_looks_shows_a_token(serving, run) -> None:
    async def scene() -> None:
        async with serving(settings=read(["identity=token"])) as guest:
            for number, (changed, headers, code) in enumerate(SHOWN):
                await shows(guest, number, changed, headers, code)

    run(scene())


def test_nobody_reads_another_persons_reservation_by_its_number(serving, run) -> None:
    async def scene() -> None:
        async with serving(settings=read(["identity=token"])) as guest:
            mine, theirs = (
                {"Authorization": f"Bearer {written_token(Token(person, '', True, 0, 10**11, 'n'), KEY)}"} for person in ("p1", "p2")
            )
            body = {"person": "p1", "round": "2022-04-01.r1", "shop": "s1"}
            assert (await guest("POST", "/reservations", body, headers={"Idempotency-Key": "k", **mine}))[0] == 201
            assert (await guest("GET", "/reservations/1", headers=theirs))[1]["code"] == "not_yours"

    run(scene())


@pytest.mark.parametrize("function", ["sign", "sign_for_device"])
def test_a_load_tests_signer_makes_tokens_that_are_taken(serving, run, function: str) -> None:
    people = Population(PopulationSpec(), 1)
    person = next(person for person in map(people.person, range(100)) if person.verified)
    stranger = next(person for person in map(people.person, range(100)) if not person.verified)

    async def scene() -> None:
        signer = Signer(f"{SIGNERS / 'reference.py'}:{function}")
        async with serving(settings=read(["identity=token"]), links=Links()) as guest:
            for one, code in ((person, None), (stranger, "not_verified")):
                headers = {"Authorization": f"Bearer {(await signer.sign(one)).text}", "Device": one.device}
                if function == "sign":
                    del headers["Device"]
                body = {"person": one.id, "round": "2022-04-01.r1", "shop": one.shop}
                _, answer, _ = await guest("POST", "/reservations", body, headers={"Idempotency-Key": one.id, **headers})
                assert answer.get("code") == code

    run(scene())


def test_without_the_setting_nobody_is_asked(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            assert (await guest.reserve())[0] == 201

    run(scene())
