"""The injector: toxics are there while the fault is on and gone afterwards, whoever is left to take them away."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import msgspec
import pytest
import requests

from rushproof.drill import AnyFault
from rushproof.errors import FaultError
from rushproof.inject import injector
from rushproof.inject.guarding import guarding
from rushproof.inject.passage import Passage
from rushproof.inject.place import Place
from rushproof.quantity import decode
from tests.inject.guarded import read_guarded

SLOW = {"type": "latency", "stream": "upstream", "attributes": {"latency": 300}}
SCRIPT = Path(__file__).parent / "spoiling_script.py"


def written(**words):
    return {"inject": "network", "at": "09:00", "for": "9s", "on": "shop", **words}


@pytest.fixture
def proxy(api):
    """The URL of a proxy in front of somebody who answers."""
    made = {"name": "shop", "upstream": api.removeprefix("http://")}
    requests.post(f"{api}/proxies", json=made, timeout=60.0).raise_for_status()
    yield f"{api}/proxies/shop"
    requests.delete(f"{api}/proxies/shop", timeout=60.0)


def shown(proxy):
    told = requests.get(proxy, timeout=60.0).json()
    return told["enabled"], [one["type"] for one in told["toxics"]]


@pytest.fixture
def play(api, tmp_path):
    """Runs `does(made)`; `made(**words)` is an injector at the proxy `shop`."""

    def played(does, ours=True, name="shop", patience=5.0):
        async def whole():
            async with guarding(tmp_path) as guard, aiohttp.ClientSession() as http:
                passage = Passage(api=api, name=name, http=http, ours=ours)
                place = Place(name="shop", url=api, http=http, guard=guard, beside=tmp_path, folder=tmp_path, passage=passage)

                def made(**words):
                    found = injector(msgspec.convert(written(**words), AnyFault, strict=False, dec_hook=decode), place)
                    found._patience = patience
                    return found

                await does(made)

        asyncio.run(asyncio.wait_for(whole(), 110.0))

    return played


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize(("words", "on"), [({"down": True}, (False, [])), ({"toxics": [SLOW, SLOW]}, (True, ["latency"] * 2))])
def test_it_is_on_after_the_injection_and_as_before_after_the_mend_each_also_twice(play, proxy, words, on, ours):
    async def does(made):
        network = made(**words)
        assert network.mender == ("leash" if ours else "guard")
        await network.ready()
        before = time.time()
        for _ in range(2):
            begun = await network.inject(60.0)
            assert await asyncio.to_thread(shown, proxy) == on
        for _ in range(2):
            mended = await network.mend()
            assert await asyncio.to_thread(shown, proxy) == (True, [])
        await network.close()
        assert before <= begun.asked <= begun.confirmed <= mended.asked <= mended.confirmed <= time.time()

    play(does, ours)


def test_a_toxic_that_was_there_before_stays(play, proxy):
    requests.post(f"{proxy}/toxics", json={**SLOW, "name": "latency"}, timeout=60.0).raise_for_status()

    async def does(made):
        network = made(toxics=[{**SLOW, "name": "latency"}])
        await network.inject(60.0)
        await network.mend()

    play(does)
    assert shown(proxy) == (True, ["latency"])


def test_ours_ends_by_itself_when_its_time_is_over(play, proxy):
    async def does(made):
        await made(toxics=[SLOW], down=True).inject(0.3)
        ends = time.monotonic() + 60.0
        while await asyncio.to_thread(shown, proxy) != (True, []):
            assert time.monotonic() < ends
            await asyncio.sleep(0.02)

    play(does)


def test_what_cannot_be_is_said_before_anything_is_spoilt(play, proxy, api):
    async def does(made):
        await made(down=True).inject(60.0)
        with pytest.raises(FaultError, match="is down already"):
            await made(down=True).ready()

    async def nobody(made):
        with pytest.raises(FaultError, match="the proxy nobody: it is not there: 404 proxy not found"):
            await made(down=True).ready()

    play(does)
    play(nobody, name="nobody")


def test_a_toxic_that_the_proxy_refuses_is_told_at_once(play, proxy):
    async def does(made):
        with pytest.raises(FaultError, match=r"^shop: spoiling the network was refused: .*400 bad request body: invalid toxic type"):
            await asyncio.wait_for(made(toxics=[{"type": "of their own"}]).inject(60.0), 9.0)

    play(does, ours=False)


def test_a_mend_that_does_not_come_off_is_told_loudly(play, proxy, capsys):
    async def does(made):
        network = made(down=True)
        await network.inject(60.0)
        await asyncio.to_thread(requests.delete, proxy, timeout=60.0)
        with pytest.raises(FaultError, match="mending the network did not work"):
            await network.mend()

    play(does, patience=0.2)
    assert "did not work, and is tried again" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "lives"), [({"toxics": [SLOW], "down": True}, "600"), ({"toxics": [SLOW]}, "1")])
def test_the_guard_lets_everybody_through_again_where_the_harness_cannot(proxy, api, tmp_path, words, lives):
    command = [sys.executable, SCRIPT, api, json.dumps(written(**words)), tmp_path, lives]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == b"spoilt\n"
        if lives == "600":
            assert shown(proxy) == (False, ["latency"])
            process.send_signal(signal.SIGKILL)
        ends = time.monotonic() + 60.0
        while shown(proxy) != (True, []):
            assert time.monotonic() < ends
            time.sleep(0.02)
        while not read_guarded(tmp_path):
            assert time.monotonic() < ends
            time.sleep(0.02)
        (told,) = read_guarded(tmp_path)
        assert told.told == "shop: let through by its proxy as before" and not told.problem
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
