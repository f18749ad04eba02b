"""The beacon: no round before its time, every round the same for everybody, and checked against the anchor."""

import hashlib
import json

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from fake_backend.beacon.chain import Chain, Chains
from fake_backend.beacon.desk import Own, Recorded, compose
from fake_backend.clock import OPENS, Clock, unset
from fake_backend.draw.witness import Beacon
from fake_backend.facts import moment

NOW = int(moment(OPENS))
SMALL = Chain(b"small", NOW - 300, 3000)


class Small(Own):
    """A source of one small chain."""

    def __init__(self):
        self._chains = self

    def at(self, now):
        return SMALL

    def named(self, chain, now):
        return SMALL if chain == SMALL.info.hash else None


@pytest.fixture
def asked(run, wall, tmp_path):
    """What a beacon answers to GETs of these paths; what a client of its kind gets, where it is asked instead."""

    def ask(source, *paths, client=None, later=0.0):
        async def story():
            told = compose(tmp_path / "beacon", Clock(unset(1.0, wall()), wall), source)
            async with TestServer(told) as server, aiohttp.ClientSession() as session:
                wall.advance(later)
                url = str(server.make_url("")).rstrip("/")
                if client:
                    return await client(Beacon(lambda: session, url))
                answers = []
                for path in paths:
                    async with session.get(url + path) as answer:
                        answers.append((answer.status, await answer.json(content_type=None)))
                return answers

        return run(story())

    return ask


def test_the_latest_round_is_that_of_the_clock_and_the_next_one_is_not_told(asked):
    chain = SMALL.info.hash
    info, latest, same, future, never, other = asked(
        Small(), "/info", "/public/latest", f"/{chain}/public/101", "/public/102", "/public/x", "/00/info"
    )

    assert latest[1] == same[1]
    assert latest[1]["round"] == 101  # floor((t − genesis) / period) + 1
    assert info[1]["hash"] == chain
    assert [answer[1]["code"] for answer in (future, never, other)] == ["round_not_out", "no_such_round", "no_such_chain"]


def test_a_round_hashes_down_to_every_earlier_one_and_to_the_anchor(asked):
    rounds = [SMALL.round(number) for number in (1, 2, 999, 1000, 1001, 3000)]
    for one in rounds:
        signature = bytes.fromhex(one.signature)
        assert one.randomness == hashlib.sha256(signature).hexdigest()
        for _ in range(one.round):
            signature = hashlib.sha256(signature).digest()
        assert signature.hex() == SMALL.info.public_key


def test_a_chain_is_found_by_its_hash_after_the_next_one_is_in_use():
    chains = Chains(b"secret", 1000)
    chain = chains.at(0.0)

    assert chains.named(chain.info.hash, 31 * 86400.0) is chain
    assert chains.at(31 * 86400.0) is not chain


def recorded(*missing):
    info = {name: getattr(SMALL.info, name) for name in SMALL.info.__struct_fields__}
    rounds = [SMALL.round(number) for number in range(95, 120) if number not in missing]
    return Recorded(json.dumps({
        "info": info, "rounds": [{"round": one.round, "randomness": one.randomness, "signature": one.signature} for one in rounds]
    }).encode())  # fmt: skip


def test_recorded_rounds_are_told_at_their_time(asked):
    assert [status for status, _ in asked(recorded(), "/info", "/public/101", "/public/102", "/public/90")] == [200, 200, 404, 404]


def test_a_round_that_is_not_out_yet_is_waited_for(asked):
    assert asked(recorded(), client=lambda beacon: beacon.round(SMALL.info.hash, 105)) is None


def test_a_round_that_was_never_given_out_is_worked_out_from_the_next_one_of_a_chain_of_hashes(asked):
    found = asked(recorded(103, 104), client=lambda beacon: beacon.round(SMALL.info.hash, 103), later=30.0)

    assert found["round"] == 103
    assert found["signature"] == SMALL.round(103).signature


def test_of_another_kind_of_beacon_the_next_round_that_is_available_is_taken(asked):
    source = recorded(103, 104)
    source._info["schemeID"] = "bls-unchained-g1-rfc9380"
    found = asked(source, client=lambda beacon: beacon.round(SMALL.info.hash, 103), later=30.0)

    assert found["round"] == 105
