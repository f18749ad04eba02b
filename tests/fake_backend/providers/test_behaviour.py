"""A trait of the providers is another for a while: checked, shown, and as usual again by itself."""

import asyncio

import pytest
from trades import Still, open_providers

from fake_backend.providers.behaviour import TRAITS, Behaviour, read


def run(scene) -> None:
    asyncio.run(asyncio.wait_for(scene, 20))


def test_a_fault_is_on_until_it_is_taken_off_or_ends_by_itself(tmp_path):
    async def scene():
        wall = Still()
        async with open_providers(tmp_path, wall, Behaviour(notice_loss=0.1)) as (providers, _, ask):
            assert (await ask("PUT", "/faults/notice_loss", {"ttl": 30, "value": 1.0}))[1]["value"] == 1.0
            assert (await ask("PUT", "/faults/notice_delay", {"ttl": 60, "value": 5.0}))[0] == 200
            assert (await ask("GET", "/health"))[1]["faults"] == ["notice_delay", "notice_loss"]
            wall.at += 31.0
            assert (providers.temper().notice_loss, providers.temper().notice_delay) == (0.1, 5.0)
            await ask("DELETE", "/faults/notice_delay")
            assert providers.temper() == Behaviour(notice_loss=0.1)
            assert {one["name"] for one in (await ask("GET", "/faults"))[1]["faults"]} == set(TRAITS)

    run(scene())


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("notice_loss", {"ttl": 10, "value": 1.5}, 422, "bad_field"),
        ("notice_loss", {"ttl": 0, "value": 0.5}, 422, "bad_field"),
        ("notice_loss", {"value": 0.5}, 422, "bad_field"),
        ("seed", {"ttl": 10, "value": 1}, 404, "no_such_switch"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(tmp_path, name, body, status, code):
    async def scene():
        async with open_providers(tmp_path, Still(), Behaviour()) as (_, _, ask):
            found, answer = await ask("PUT", f"/faults/{name}", body)
            assert (found, answer["code"]) == (status, code)

    run(scene())


def test_the_command_line_sets_the_usual_behaviour():
    assert read(["notice_loss=0.25", "seed=7"]) == Behaviour(notice_loss=0.25, seed=7)
    for wrong, what in ((["loss=1"], "NAME=VALUE"), (["notice_loss=2"], "notice_loss"), (["notice_loss"], "NAME=VALUE")):
        with pytest.raises(ValueError, match=what):
            read(wrong)
