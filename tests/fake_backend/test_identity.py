"""Identity: one person, one pseudonym; a code that logs one device in; and not a trace of who they really are."""

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fake_backend.facts import Refusal
from fake_backend.registrations import Register, decide, pseudonym
from fake_backend.sealed import seal, unseal
from fake_backend.settings import Links, read
from fake_backend.tokens import key_of, read_token

ADMIT = read(["identity=token", "verifier_away=admit"])
WHO = {"name": "欧阳 Canary-Name", "identity": "11010519491231002x", "phone": "+86 13800999111"}
CANARIES = ["欧阳", "Canary-Name", "11010519491231002", "13800999111"]


@given(st.text(), st.text())
def test_what_is_sealed_is_read_by_who_has_the_key_only(text: str, secret: str) -> None:
    sealed = seal(text, key_of(secret, "seals"))
    assert unseal(sealed, key_of(secret, "seals")) == text
    assert seal(text, key_of(secret, "seals")) != sealed
    for key, changed in (
        (key_of(secret + "!", "seals"), sealed),
        (key_of(secret, "seals"), ("A" if sealed[0] != "A" else "B") + sealed[1:]),
    ):
        with pytest.raises(ValueError, match="not sealed"):
            unseal(changed, key)


def test_one_identity_is_one_person_however_it_is_written() -> None:
    wanted = Register(**WHO)
    made = decide(wanted, None, "s", False, 5.0)
    again = decide(Register(**{**WHO, "identity": WHO["identity"].upper()}), made, "s", False, 9.0)
    other = decide(Register(**{**WHO, "name": "Somebody"}), made, "s", False, 9.0)

    assert not isinstance(made, Refusal) and made.person == pseudonym("11010519491231002X", "s") != pseudonym("11010519491231002X", "t")
    assert again is made
    assert isinstance(other, Refusal) and other.code == "already_registered"


def test_a_person_registers_logs_in_and_reserves(serving, run) -> None:
    async def scene() -> None:
        async with serving(settings=ADMIT) as guest:
            status, made, _ = await guest("POST", "/registrations", WHO)
            assert (status, made["state"], made["admitted"]) == (201, "pending", True)
            person = made["person"]
            assert (await guest("POST", "/registrations", WHO))[1]["person"] == person
            assert (await guest("POST", "/registrations", {**WHO, "phone": "12345"}))[1]["code"] == "already_registered"
            status, logged, _ = await guest("POST", "/tokens", {"person": person, "device": "d1", "code": made["code"]})
            assert (status, logged["verified"]) == (201, True)
            shown = {"Authorization": f"Bearer {logged['token']}", "Device": "d1", "Idempotency-Key": "k"}
            body = {"person": person, "round": "2022-04-01.r1", "shop": "s1"}
            assert (await guest("POST", "/reservations", body, headers=shown))[0] == 201
            assert (await guest("POST", "/reservations", body, headers={**shown, "Device": "d2"}))[1]["code"] == "token_replayed"
            _, text, _ = await guest("GET", "/ledger/daybook.csv")
            assert text.count("registered") == 1
            document = (await guest("GET", "/openapi.json"))[1]
            for path, answer in (("/registrations", made), ("/tokens", logged)):
                promised = document["paths"][path]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
                Draft202012Validator({**promised, "components": document["components"]}).validate(answer)

    run(scene())


def test_a_code_logs_in_one_device_and_is_followed_by_another(serving, run, wall) -> None:
    async def scene() -> None:
        async with serving(settings=ADMIT) as guest:
            made = (await guest("POST", "/registrations", WHO))[1]

            async def log_in(code: str, device: str = "d1", person: str = made["person"]) -> tuple[int, dict]:
                return (await guest("POST", "/tokens", {"person": person, "device": device, "code": code}))[:2]

            status, first = await log_in(made["code"])
            assert status == 201
            wall.advance(5)
            assert await log_in(made["code"]) == (201, first)  # the answer was lost: the same again
            assert (await log_in(made["code"], "d2"))[1]["code"] == "token_replayed"
            assert (await log_in(made["code"], "d1", "p1"))[1]["code"] == "not_yours"
            assert (await log_in(first["token"]))[1]["code"] == "token_wrong"
            status, second = await log_in(first["code"], "d2")
            assert status == 201 and second["token"] != first["token"]
            token = read_token(second["token"], key_of("reference"), guest.backend.clock.now())
            assert not isinstance(token, Refusal) and (token.person, token.device) == (made["person"], "d2")
            wall.advance(8 * 86400)
            problem = (await log_in(second["code"]))[1]
            assert (problem["code"], problem["field"]) == ("token_expired", "code")

    run(scene())


def test_without_a_verification_it_is_closed_unless_said_otherwise(serving, run) -> None:
    async def scene() -> None:
        async with serving(settings=read(["identity=token"])) as guest:
            status, problem, headers = await guest("POST", "/registrations", WHO)
            assert (status, problem["code"], headers["Retry-After"]) == (503, "verifier_away", "60")
            assert (await guest("GET", "/settings"))[1]["verifier_away"] == "refuse"
            for name in ("did:reserve:0", "%00", "%F0"):
                assert (await guest("GET", f"/registrations/{name}"))[1]["code"] == "no_such_registration"

    run(scene())


def test_what_cannot_be_is_refused_and_not_repeated(serving, run) -> None:
    wrong = [("identity", "12345"), ("identity", "1101051949\n"), ("name", ""), ("phone", "call me"), ("phone", 13800999111)]

    async def scene() -> None:
        async with serving(settings=ADMIT) as guest:
            for field, value in wrong:
                status, problem, _ = await guest("POST", "/registrations", {**WHO, field: value})
                assert (status, problem["code"], problem["field"]) == (422, "bad_field", field)
                assert not value or str(value).strip() not in problem["detail"]

    run(scene())


def test_nothing_of_who_they_are_is_kept_or_told(serving, run, tmp_path: Path, opened, caplog) -> None:
    caplog.set_level(logging.DEBUG)

    async def scene() -> None:
        links = Links(providers="http://127.0.0.1:9")  # nobody is there: the letter stays
        async with serving(settings=ADMIT, links=links) as guest:
            person = (await guest("POST", "/registrations", WHO))[1]["person"]
            await guest("POST", "/registrations", {**WHO, "name": "Other Canary-Name"})
            books = guest.backend.site.books
            while not (await books.read("SELECT tries FROM outbox WHERE key = ?", person))[0][0]:
                await books.write(lambda books: None)
            told = [(await guest("GET", path))[1] for path in ("/ledger/daybook.csv", "/metrics", "/health", "/settings", "/quiet")]
            rows = [await books.read(f"SELECT * FROM {table}") for table in ("outbox", "daybook", "registrations", "used_codes")]
            assert rows[0] and rows[2]
            shown.extend([str(told), str(rows)])

    shown: list[str] = []
    run(scene())
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for canary in CANARIES:
        assert canary not in caplog.text
        assert not [text for text in shown if canary in text or canary.encode().hex() in text]
        assert not [raw for raw in files if canary.encode() in raw]
