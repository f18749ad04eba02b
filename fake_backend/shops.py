"""The shops: where winners collect what they won, in regions, with their place on the map and their hours.

Shop number n is `s` and five digits, in region (n − 1) mod regions.  Everything about a shop follows from its number, so that no table is
needed: where it is from a hash, and how hot it is from its rank, as few regions, and few shops of each, draw most of the people (assumed:
the k-th of n draws √(k/n) − √((k − 1)/n) of them).
"""

import math
import re
from hashlib import blake2b
from typing import Annotated, Final

import msgspec
import numpy as np
from aiohttp import web

from fake_backend.answers import json_answer, whole_number
from fake_backend.contract import operation, parameter, ref
from fake_backend.problems import refused
from fake_backend.room import Room
from fake_backend.settings import Settings

EARTH: Final = 6371.0
"""its mean radius, in kilometres"""
MOST: Final = 500
"""shops in one answer"""
_LATITUDES, _LONGITUDES = (23.0, 43.0), (100.0, 122.0)
_SPREAD: Final = 0.9
"""degrees that a shop is away from its region's middle at most"""
_HEAT: Final = 10**9
_REGIONS: Final = 999
_NEAR: Final = r"(-?[0-8]?[0-9](?:\.[0-9]{1,9})?),(-?(?:1[0-7][0-9]|[0-9]{1,2})(?:\.[0-9]{1,9})?)"


class Shop(msgspec.Struct, frozen=True):
    """One shop; `heat` is its part of the people, in billionths."""

    shop: str
    region: int
    latitude: float
    longitude: float
    heat: int


class ShopShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A shop as GET /shops lists it; `distance` in kilometres where it was asked near a place."""

    shop: str
    region: int
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    opens: str
    closes: str
    distance: float | None = None


class ShopsShown(msgspec.Struct, frozen=True):
    """What GET /shops answers: the nearest first where a place was given, else by their number."""

    shops: list[ShopShown]


class Shops:
    """All the shops of a day's settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.all: tuple[Shop, ...] = tuple(_shop(number, settings) for number in range(1, settings.shops + 1))
        """by their number"""
        self._by_name = {shop.shop: shop for shop in self.all}
        self._latitudes = np.radians([shop.latitude for shop in self.all])
        self._longitudes = np.radians([shop.longitude for shop in self.all])
        self._regions = np.array([shop.region for shop in self.all])

    def find(self, name: str) -> Shop | None:
        """The shop of that name."""
        return self._by_name.get(name)

    def of_region(self, region: int | None, limit: int) -> list[Shop]:
        """The region's shops, or everybody's, by their number."""
        return [shop for shop in self.all if region is None or shop.region == region][:limit]

    def near(self, latitude: float, longitude: float, region: int | None, limit: int) -> list[tuple[Shop, float]]:
        """The nearest shops, the nearest first, and how many kilometres away."""
        here, there = math.radians(latitude), np.radians(longitude)
        half = (
            np.sin((self._latitudes - here) / 2) ** 2
            + np.cos(self._latitudes) * math.cos(here) * np.sin((self._longitudes - there) / 2) ** 2
        )
        distances = 2 * EARTH * np.arcsin(np.sqrt(half))
        numbers = np.arange(len(self.all)) if region is None else np.flatnonzero(self._regions == region)
        nearest = numbers[np.argsort(distances[numbers], kind="stable")[:limit]]
        return [(self.all[number], round(float(distances[number]), 3)) for number in nearest.tolist()]

    def heat(self) -> dict[str, int]:
        """How hot each shop is, by its name."""
        return {shop.shop: shop.heat for shop in self.all}

    def shown(self, shop: Shop, distance: float | None = None) -> ShopShown:
        """The shop for people."""
        hours = str(self._settings.shop_opens), str(self._settings.shop_closes)
        return ShopShown(shop.shop, shop.region, shop.latitude, shop.longitude, *hours, distance)


def room(settings: Settings, shops: Shops) -> Room:
    """GET /shops."""

    async def show(request: web.Request) -> web.Response:
        limit = whole_number(request, "limit", 20, 1, MOST)
        region = whole_number(request, "region", 0, 0, _REGIONS - 1) if "region" in request.query else None
        near = request.query.get("near")
        if near is None:
            return json_answer(ShopsShown([shops.shown(shop) for shop in shops.of_region(region, limit)]))
        latitude, longitude = _place(near)
        return json_answer(ShopsShown([shops.shown(*found) for found in shops.near(latitude, longitude, region, limit)]))

    return Room(routes=(web.get("/shops", show),), contract=_CONTRACT, types=(ShopsShown,))


def _place(text: str) -> tuple[float, float]:
    found = re.fullmatch(_NEAR, text)
    if found is None:
        raise refused("bad_field", "expected a latitude and a longitude in degrees, such as 31.23,121.47", "near")
    return float(found[1]), float(found[2])


def _shop(number: int, settings: Settings) -> Shop:
    regions = min(settings.regions, settings.shops)
    region, rank = (number - 1) % settings.regions, (number - 1) // settings.regions
    of_region = (settings.shops - region - 1) // settings.regions + 1
    middle, own = _dice(f"region {region}"), _dice(f"shop {number}")
    latitude, longitude = (
        low + (high - low) * share + _SPREAD * (2 * off - 1)
        for (low, high), share, off in zip((_LATITUDES, _LONGITUDES), middle, own, strict=True)
    )
    heat = max(round(_HEAT * _part(region, regions) * _part(rank, of_region)), 1)
    return Shop(f"s{number:05d}", region, round(latitude, 5), round(longitude, 5), heat)


def _part(rank: int, of: int) -> float:
    return math.sqrt((rank + 1) / of) - math.sqrt(rank / of)


def _dice(about: str) -> tuple[float, float]:
    digest = blake2b(about.encode(), digest_size=8).digest()
    return int.from_bytes(digest[:4], "big") / 2**32, int.from_bytes(digest[4:], "big") / 2**32


_CONTRACT: Final = {
    "/shops": {
        "get": operation(
            "The shops, of a region, or nearest to a place", ref("ShopsShown"), codes=("bad_field",),
            parameters=(
                parameter("region", "query", {"type": "integer", "minimum": 0, "maximum": _REGIONS - 1}, required=False),
                parameter("near", "query", {"type": "string", "pattern": f"^{_NEAR}$"}, required=False),
                parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": MOST}, required=False),
            ),
        )
    }
}  # fmt: skip
