"""The notary: sees in time, remembers for good, shows everything."""

import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_backend.clock import OPENS, Clock, unset
from fake_backend.draw import verify_draw
from fake_backend.draw.commitment import canonical
from fake_backend.facts import moment
from fake_backend.notary.desk import compose
from fake_backend.notary.ed25519 import Key, signed_by
from fake_backend.notary.register import Register

NOW = int(moment(OPENS))
DRAW = "2022-04-01.r1"


def commitment(root="aa", after=300, draw=DRAW):
    beacon = {"chain": "c", "scheme": "s", "genesis": NOW, "period": 3, "round": 1 + after // 3}
    return {"draw": draw, "root": root, "margin": 60, "beacon": beacon}


def asked(run, wall, file, *questions):
    """What the notary answers to (method, path, body), one after the other."""

    async def story():
        async with (
            TestServer(compose(file, Clock(unset(1.0, wall()), wall))) as server,
            aiohttp.ClientSession(server.make_url("/")) as session,
        ):
            answers = []
            for method, path, body in questions:
                async with session.request(method, path, json=body) as answer:
                    answers.append((answer.status, await answer.json(content_type=None)))
            return answers

    return run(story())


def test_the_signature_of_the_rfcs_own_example_is_made_and_believed():
    secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    key = Key(bytes.fromhex(secret))

    assert key.public.hex() == public
    assert key.sign(b"").hex() == signature
    assert signed_by(key.public, b"", bytes.fromhex(signature))


@settings(max_examples=4, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_signatures_are_those_of_the_library_everybody_uses_and_no_other_is_believed(secret, message, bit):
    key = Key(secret)
    signature = key.sign(message)
    wrong = bytearray(signature)
    wrong[bit // 8] ^= 1 << bit % 8
    Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)

    for believed in (signed_by, verify_draw.signed):
        assert believed(key.public, message, signature)
        assert not believed(key.public, message, bytes(wrong))
        assert not believed(key.public, message + b".", signature)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(key.public).verify(bytes(wrong), message)


def test_a_commitment_is_seen_once_however_often_it_is_brought(run, wall, notary_file):
    body = {"draw": DRAW, "commitment": commitment()}
    first, second, shown = asked(run, wall, notary_file, *[("POST", "/commitments", body)] * 2, ("GET", f"/commitments/{DRAW}", None))

    assert first == second
    assert first[0] == 201
    assert [one["hash"] for one in shown[1]["statements"]] == [first[1]["hash"]]


def test_a_second_commitment_is_shown_beside_the_first_one(run, wall, notary_file):
    bodies = [{"draw": DRAW, "commitment": commitment(root)} for root in ("aa", "bb")]
    *_, shown = asked(run, wall, notary_file, *[("POST", "/commitments", body) for body in bodies], ("GET", f"/commitments/{DRAW}", None))
    listing = {name: shown[1][name] for name in ("draw", "at", "statements")}

    assert [one["root"] for one in shown[1]["commitments"]] == ["aa", "bb"]
    assert signed_by(bytes.fromhex(shown[1]["key"]), canonical(listing), bytes.fromhex(shown[1]["signature"]))


def test_a_commitment_that_comes_too_late_is_not_taken_and_not_remembered(run, wall, notary_file):
    late, garbled, foreign, shown = asked(
        run, wall, notary_file, ("POST", "/commitments", {"draw": DRAW, "commitment": commitment(after=57)}),
        ("POST", "/commitments", {"draw": DRAW, "commitment": {"draw": DRAW}}),
        ("POST", "/commitments", {"draw": "other", "commitment": commitment()}), ("GET", f"/commitments/{DRAW}", None),
    )  # fmt: skip

    assert (late[0], late[1]["code"]) == (409, "too_late")
    assert (garbled[1]["code"], foreign[1]["code"]) == ("bad_field", "bad_field")
    assert shown[1]["statements"] == []


def test_what_was_stated_is_there_after_a_restart_and_half_a_line_is_not(notary_file):
    register = Register(notary_file)
    stated = register.state(DRAW, commitment(), NOW)
    key = register.key.public
    register.close()
    with notary_file.open("ab") as file:
        file.write(b'{"at":"2022-')
    again = Register(notary_file)
    second = again.state("other", commitment(draw="other"), NOW)
    again.close()
    third = Register(notary_file)
    shown = third.shown(DRAW, NOW)
    third.close()

    assert third.key.public == key
    assert shown["statements"] == [stated]
    assert second["number"] == 2


def test_a_register_that_somebody_changed_is_not_opened(notary_file):
    register = Register(notary_file)
    for root in ("aa", "bb", "cc"):
        register.state(DRAW, commitment(root), NOW)
    register.close()
    lines = notary_file.read_bytes().splitlines(keepends=True)
    notary_file.write_bytes(lines[0] + lines[2])

    with pytest.raises(ValueError, match="does not follow"):
        Register(notary_file)


@pytest.mark.parametrize("name", ["notary", "beacon"])
def test_it_is_a_process_of_its_own_whose_clock_outlives_it(run, tmp_path, name):
    command = [sys.executable, "-m", f"fake_backend.{name}", "--port", "0", "--database", str(tmp_path / name)]
    root = Path(__file__).resolve().parents[3]

    def begun():
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
        assert process.stdout is not None
        return process, process.stdout.readline().split()[-1]

    async def ask(url, method, path, body=None):
        async with aiohttp.ClientSession() as session, session.request(method, url + path, json=body) as answer:
            return answer.status, await answer.json(content_type=None)

    first, url = begun()
    try:
        put = run(ask(url, "PUT", "/clock", {"now": "2022-04-02T09:00:00", "speed": 1}))
    finally:
        first.kill()
        first.communicate(timeout=10)
    second, url = begun()
    try:
        shown = run(ask(url, "GET", "/clock"))
        contract = run(ask(url, "GET", "/openapi.json"))
        nothing = run(ask(url, "GET", "/nothing"))
    finally:
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=10)

    assert put[0] == 200
    assert shown[1]["now"].startswith("2022-04-02T09:00")
    assert "/health" in contract[1]["paths"]
    assert nothing[1]["code"] == "no_such_path"
    assert second.returncode == 0
