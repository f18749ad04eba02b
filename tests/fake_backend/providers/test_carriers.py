"""A shipment goes its way by the seed and its own name; its reports come late, twice, mixed up, and are all signed."""

import asyncio
import json

from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from trades import Still, open_providers

from fake_backend.providers.behaviour import Behaviour
from fake_backend.providers.carriers import journey, reports
from fake_backend.signature import fault


def run(scene) -> None:
    asyncio.run(asyncio.wait_for(scene, 20))


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_journey_only_goes_forward_and_every_stage_is_reported_after_it_was_reached(seed, twice, shuffled, returned):
    behaviour = Behaviour(seed=seed, carrier_twice=twice, carrier_shuffled=shuffled, carrier_returned=returned)
    stages = journey("o1.s", 1000.0, behaviour)
    moments = [at for _, at in stages]
    assert moments == sorted(moments) and [stage for stage, _ in stages][:3] == ["created", "picked", "in_transit"]
    sent = reports("o1.s", stages, behaviour)
    assert {report.state for report, _ in sent} == {stage for stage, _ in stages}
    assert all(due >= report.at for report, due in sent)
    assert sent == reports("o1.s", stages, behaviour)


def test_reports_are_signed_and_sent_again_until_they_are_taken(tmp_path):
    heard: list[dict] = []
    answers = iter([503, 500])

    async def scene():
        wall = Still()
        async with open_providers(tmp_path, wall, Behaviour(carrier_twice=0.0)) as (providers, _, ask):

            async def take(request: web.Request) -> web.Response:
                body = await request.read()
                assert fault("Carrier", "reference", body, request.headers, providers.clock.now()) is None
                status = next(answers, 200)
                if status == 200:
                    heard.append(json.loads(body))
                return web.Response(status=status)

            shop = web.Application()
            shop.router.add_post("/carriers/notices", take)
            async with TestServer(shop) as server:
                ship = {"shipment": "o1.s", "shop": "s1", "notify_url": str(server.make_url("/carriers/notices")), "street": "x"}
                first = await ask("POST", "/shipments", ship)
                assert first == await ask("POST", "/shipments", ship)
                assert first[0] == 201
                wall.at += 10 * 86400
                async with asyncio.timeout(60):
                    while len(heard) < 4:
                        await asyncio.sleep(0.02)
                assert (await ask("GET", "/shipments/o1.s"))[1]["state"] == "delivered"
                assert (await ask("GET", "/shipments/o2.s"))[1]["code"] == "no_such_shipment"

    run(scene())
    assert sorted(one["state"] for one in heard) == ["created", "delivered", "in_transit", "picked"]


def test_what_is_no_shipment_is_refused(tmp_path):
    async def scene():
        async with open_providers(tmp_path, Still(), Behaviour()) as (_, _, ask):
            for wrong in ({"notify_url": "ftp://x"}, {"shipment": ""}, {"weight": 1}):
                body = {"shipment": "o1.s", "shop": "s1", "notify_url": "http://x/", **wrong}
                assert (await ask("POST", "/shipments", body))[1]["code"] == "bad_field"

    run(scene())
