"""Faults are off by default, loud while on, ended by themselves, and described by their own types."""

import pytest

from fake_backend.gateway.faults.known import FAULTS
from fake_backend.gateway.switchboard import about

NEEDED = {"idempotency_ways": {"way": "order"}, "broken_transport": {"how": "empty"}, "clock_skew": {"by": 1}}
HERE = [name for name in FAULTS if name != "broken_tls"]


def test_every_behaviour_of_the_documents_is_there() -> None:
    numbers = {int(fault.behaviour[1:]) for fault in FAULTS.values()}
    assert numbers == set(range(1, 25))
    assert all(fault.name == name and len(about(fault)) > 60 for name, fault in FAULTS.items())


@pytest.mark.parametrize("name", HERE)
def test_a_fault_is_loud_while_on_and_ends_by_itself(serving, run, wall, name: str) -> None:
    async def scene() -> None:
        async with serving() as merchant:

            async def loud() -> tuple[bool, bool]:
                listed = (await merchant("GET", "/faults"))[1]["faults"]
                shown = next(fault for fault in listed if fault["name"] == name)
                return name in (await merchant("GET", "/health"))[1]["faults"], shown["active"]

            assert await loud() == (False, False)
            await merchant.on(name, ttl=60, **NEEDED.get(name, {}))
            assert await loud() == (True, True)
            wall.at += 59
            assert await loud() == (True, True)
            wall.at += 1
            assert await loud() == (False, False)
            await merchant.on(name, ttl=60, **NEEDED.get(name, {}))
            assert (await merchant("DELETE", f"/faults/{name}"))[1]["active"] is False
            assert await loud() == (False, False)

    run(scene())


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/faults/nonsense", {"ttl": 1}, (404, "no_such_fault", "name")),
        ("/faults/lost_notices", {}, (422, "bad_field", "ttl")),
        ("/faults/lost_notices", {"ttl": 0}, (422, "bad_field", "ttl")),
        ("/faults/lost_notices", {"ttl": 1, "share": 2}, (422, "bad_field", "share")),
        ("/faults/lost_notices", {"ttl": 1, "more": 2}, (422, "bad_field", "more")),
        ("/faults/broken_transport", {"ttl": 1}, (422, "bad_field", "how")),
        ("/faults/broken_tls", {"ttl": 1}, (409, "no_certificate", "name")),
    ],
)
def test_a_wrong_setting_names_its_field(serving, run, path: str, body: dict[str, object], expected: tuple[int, str, str]) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            status, problem = await merchant("PUT", path, body)
            assert (status, problem["code"], problem["field"]) == expected
            assert (await merchant("GET", "/health"))[1]["faults"] == []

    run(scene())


def test_the_list_shows_what_each_takes(serving, run) -> None:
    async def scene() -> None:
        async with serving() as merchant:
            for fault in (await merchant("GET", "/faults"))[1]["faults"]:
                (definition,) = fault["takes"]["$defs"].values()
                assert "ttl" in definition["properties"] and "ttl" in definition["required"]

    run(scene())
