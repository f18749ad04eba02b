"""Whether an identity belongs to a name: the same answer whenever it is asked, none while it is away, and only a hash is kept."""

import asyncio

from trades import Still, open_providers

from fake_backend.providers.behaviour import Behaviour
from fake_backend.providers.verification import verdict


def run(scene) -> None:
    asyncio.run(asyncio.wait_for(scene, 20))


def person(number: int) -> dict[str, str]:
    return {"identity": f"52032319900307{number:04d}", "name": f"Zhao Qian {number}"}


def test_the_answer_is_the_same_however_often_it_is_asked(tmp_path):
    async def scene():
        usual = Behaviour(verification_latency=0.0, verification_refused=0.3)
        async with open_providers(tmp_path, Still(), usual) as (_, _, ask):
            first = [(await ask("POST", "/verifications", person(number)))[1]["state"] for number in range(40)]
            again = [(await ask("POST", "/verifications", person(number)))[1]["state"] for number in range(40)]
            assert first == again
            assert 0 < first.count("refused") < 25
            await ask("PUT", "/faults/verification_refused", {"ttl": 60, "value": 1.0})
            assert [(await ask("POST", "/verifications", person(number)))[1]["state"] for number in range(40)] == first

    run(scene())


def test_while_it_is_away_some_requests_are_answered_with_503(tmp_path):
    async def scene():
        async with open_providers(tmp_path, Still(), Behaviour(verification_latency=0.0, verification_failure=0.5)) as (_, _, ask):
            statuses = [(await ask("POST", "/verifications", person(1)))[0] for _ in range(20)]
            assert set(statuses) == {200, 503}

    run(scene())


def test_a_verdict_depends_on_the_seed_the_person_and_the_try_alone():
    behaviour = Behaviour(verification_failure=0.5, verification_refused=0.5)
    assert [verdict("a", n, behaviour) for n in range(20)] == [verdict("a", n, behaviour) for n in range(20)]
    assert len({verdict(f"{n}", 1, behaviour) for n in range(40)}) == 3


def test_no_name_and_no_identity_is_kept(tmp_path):
    async def scene():
        async with open_providers(tmp_path, Still(), Behaviour(verification_latency=0.0)) as (_, _, ask):
            await ask("POST", "/verifications", person(1))

    run(scene())
    for file in tmp_path.iterdir():
        kept = file.read_bytes()
        assert b"Zhao Qian" not in kept and b"52032319900307" not in kept


def test_what_is_no_identity_is_refused(tmp_path):
    async def scene():
        async with open_providers(tmp_path, Still(), Behaviour()) as (_, _, ask):
            assert (await ask("POST", "/verifications", {"identity": "", "name": "n"}))[1]["code"] == "bad_field"
            assert (await ask("POST", "/verifications", {"identity": "1"}))[1]["code"] == "bad_field"

    run(scene())
