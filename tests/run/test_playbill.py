"""A drill before it is played: its timeline, who mends it, and what of it could not be begun."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from rushproof.errors import FaultError
from rushproof.inject import injector
from rushproof.inject.guarding import Guarding
from rushproof.inject.place import Passage, Place
from rushproof.plan import Transport
from rushproof.playbill import mender_of, playbill
from rushproof.render.playbill import drill
from rushproof.render.walk import render
from rushproof.run.walk import walk

Made = Callable[..., Any]
FAULTS = {
    "outage": "{inject: switch, path: /faults/outage, at: open + 2s, for: 1s}",
    "forever": "{inject: switch, path: /faults/forever, ttl: null, at: open + 1s, for: 1s}",
    "frozen": "{inject: process, do: stop, at: open, for: 1s}",
    "killed": "{inject: process, do: kill, at: open + 5s, for: 1s}",
    "theirs": "{inject: process, do: kill, pid_file: it.pid, start: it, at: open, for: 1s}",
    "slow": "{inject: network, at: open, for: 1s, toxics: [{type: latency}]}",
    "toxic": "{inject: network, at: open, for: 1s, down: true, toxiproxy: 'http://127.0.0.1:8474'}",
    "mine": "{inject: command, at: open, for: 1s, run: 'true', mend: 'true'}",
    "undone": "{inject: chaostoolkit, at: open, for: 1s, action: {name: break}, rollbacks: [{name: mend}]}",
    "passing": "{inject: chaostoolkit, at: open, for: 1s, action: {name: break}, by_itself: true}",
    "lasting": "{inject: chaostoolkit, at: open, for: 1s, action: {name: break}}",
}
WAYS = {
    "straight": Transport(),
    "proxied": Transport(proxy="http://127.0.0.1:3128"),
    "named": Transport(sni="shop.internal"),
    "resolved": Transport(resolve="127.0.0.1"),
}


def drilled(scenario: Made, *names: str) -> Any:
    faults = ", ".join(f"{name}: {FAULTS[name]}" for name in names)
    return scenario("timetable.to=open + 10s", f'drill={{service: {{step: reserve}}, tell: ["json://127.0.0.1/"], faults: {{{faults}}}}}')


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("way", WAYS)
def test_who_mends_is_what_the_injector_says(scenario: Made, name: str, way: str, tmp_path: Path) -> None:
    fault = drilled(scenario, name).drill.faults[name]

    async def go() -> str:
        async with aiohttp.ClientSession() as http:
            passage = Passage(api="http://127.0.0.1:1", name="it", http=http, ours=getattr(fault, "toxiproxy", None) is None)
            place = Place(
                name="target", url="http://127.0.0.1:1", http=http, guard=Guarding(tmp_path), beside=tmp_path, folder=tmp_path,
                transport=WAYS[way], passage=passage,
            )  # fmt: skip
            return injector(fault, place).mender

    assert mender_of(fault, WAYS[way]) == asyncio.run(go())


def test_faults_are_listed_as_they_begin_with_who_mends_each(scenario: Made) -> None:
    found = drilled(scenario, "outage", "forever", "killed")
    pace = found.timetable.pace(2.0)
    assert [(scene.fault, scene.begins, scene.ends) for scene in playbill(found, pace)] == [
        ("forever", 0.5, 1.0), ("outage", 1.0, 1.5), ("killed", 2.5, 3.0),
    ]  # fmt: skip
    flat = " ".join(drill(found, pace).split())
    assert "09:00:02 09:00:03 1 s, for 500 ms outage (switch) target ends by itself, by its time to live" in flat
    assert "forever (switch) target the guard mends it" in flat and "killed (process) target ends with the run, whose own it is" in flat
    assert "posted to 1 webhook" in flat
    assert drill(scenario(), pace) == ""


def test_a_check_shows_the_drill_and_what_of_it_could_not_be_begun(
    scenario: Made, options: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    refused: list[str] = []

    async def ready(self: Any) -> None:
        refused.append(self._fault.path)
        if "forever" in self._fault.path:
            raise FaultError("target: /faults/forever says nothing of a switch")

    monkeypatch.setattr("rushproof.inject.switch.SwitchInjector.ready", ready)
    found = asyncio.run(asyncio.wait_for(walk(drilled(scenario, "outage", "forever", "slow", "lasting"), options()), 60.0))
    assert sorted(refused) == ["/faults/forever", "/faults/outage"], "a proxy stands only in a run"
    forever, lasting = [one for one in found.obstacles if one.where.startswith("the drill")]
    assert (forever.where, forever.came) == ("the drill · forever", "target: /faults/forever says nothing of a switch")
    assert lasting.where == "the drill · lasting" and lasting.came.startswith(
        "nobody would mend the fault 'lasting' if the harness were gone"
    )
    told = render(found).decode()
    assert "The drill\n" in told and "slow (network)" in told
