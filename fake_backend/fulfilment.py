"""Fulfilment: the rooms that a bottle passes through once it is paid, put together around one counter."""

from collections.abc import Callable

from fake_backend import counter, settlement, shipments
from fake_backend.facts import Round
from fake_backend.pickups import Orders, Stock
from fake_backend.room import Room, Site


def compose(
    site: Site, orders: Orders, stock: Stock, round_of: Callable[[str], Round | None], strikes: Callable[[str], bool] = lambda defect: False
) -> tuple[Room, ...]:
    """`orders` and `stock` are moved in the transaction of what happens to the bottle."""
    desk = counter.Counter(site, orders, stock, round_of, strikes)
    return (
        counter.room(site, desk),
        shipments.room(site, shipments.Dispatch(site, orders, desk)),
        settlement.room(site),
    )
