"""Shops: who is where, which are near, and how the bottles divide over them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_backend.settings import DEFAULTS, read
from fake_backend.shares import apportioned
from fake_backend.shops import Shops
from rushproof.population import Population, PopulationSpec

databases = ("sqlite",)  # nothing here depends on it

ALL = Shops(DEFAULTS)


def test_they_are_named_as_the_people_who_come_name_them() -> None:
    theirs = Population(PopulationSpec(), 1).shops

    assert [[shop.shop for shop in ALL.of_region(region, 2000)] for region in range(31)] == theirs


@pytest.mark.parametrize("pairs", [["shops=1"], ["shops=5"], ["shops=40", "regions=3"]])
def test_few_shops_are_shops_too(pairs: list[str]) -> None:
    shops = Shops(read(pairs))
    assert all(shop.heat >= 1 for shop in shops.all)
    assert sum(shops.heat().values()) == pytest.approx(10**9, rel=1e-6)


def test_a_few_shops_are_hot() -> None:
    heats = sorted((shop.heat for shop in ALL.all), reverse=True)

    assert sum(heats) == pytest.approx(10**9, rel=1e-6)
    assert sum(heats[:200]) > sum(heats[1000:])


def haversine(one: tuple[float, float], other: tuple[float, float]) -> float:
    """By the chord between two points on the unit sphere."""
    points = [
        (math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi))
        for phi, theta in (tuple(map(math.radians, place)) for place in (one, other))
    ]
    return 2 * 6371.0 * math.asin(min(math.dist(*points) / 2, 1.0))


@given(st.floats(-90, 90), st.floats(-180, 180), st.none() | st.integers(0, 30), st.integers(1, 30))
def test_the_nearest_come_first(latitude: float, longitude: float, region: int | None, limit: int) -> None:
    found = ALL.near(latitude, longitude, region, limit)
    every = sorted(haversine((latitude, longitude), (shop.latitude, shop.longitude)) for shop in ALL.of_region(region, 2000))

    assert [distance for _, distance in found] == pytest.approx(every[:limit], abs=0.01)
    assert all(region is None or shop.region == region for shop, _ in found)


@given(st.integers(0, 100_000), st.lists(st.integers(1, 10**9), min_size=1, max_size=50))
def test_nothing_is_left_over_and_nobody_is_a_whole_one_off(total: int, weights: list[int]) -> None:
    parts = apportioned(total, weights)

    assert sum(parts) == total
    assert all(abs(part - total * weight / sum(weights)) < 1 for part, weight in zip(parts, weights, strict=True))
    assert parts == apportioned(total, weights)


def test_they_can_be_asked_for_over_http(serving, run) -> None:
    async def scene() -> None:
        async with serving() as guest:
            _, body, _ = await guest("GET", "/shops?region=3&limit=2")
            assert [shop["shop"] for shop in body["shops"]] == ["s00004", "s00035"]
            assert (body["shops"][0]["opens"], body["shops"][0]["closes"], "distance" in body["shops"][0]) == ("10:00", "20:00", False)
            assert (await guest("GET", "/shops?region=31"))[1] == {"shops": []}
            here = body["shops"][1]
            _, body, _ = await guest("GET", f"/shops?near={here['latitude']},{here['longitude']}&limit=3")
            assert (body["shops"][0]["shop"], body["shops"][0]["distance"]) == ("s00035", 0.0)
            assert body["shops"][1]["distance"] <= body["shops"][2]["distance"]
            for query, field in (
                ("near=91,0", "near"),
                ("near=x", "near"),
                ("region=999", "region"),
                ("near=1,180", "near"),
                ("limit=0", "limit"),
                ("region=-1", "region"),
            ):
                status, problem, _ = await guest("GET", f"/shops?{query}")
                assert (status, problem["code"], problem["field"]) == (422, "bad_field", field)

    run(scene())
