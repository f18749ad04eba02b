"""What can be had: the four items of a day, their prices, and how the day's bottles divide over them."""

from typing import Final

import msgspec


class Item(msgspec.Struct, frozen=True):
    """One kind of bottle; `price` is in cents, `weight` its part of the day's bottles, relative to the others'."""

    name: str
    price: int
    weight: int


ITEMS: Final = (
    Item("Year of the Tiger 500 ml", 249_900, 50),
    Item("Year of the Tiger 2 × 375 ml", 359_900, 20),
    Item("Treasure 500 ml", 459_900, 10),
    Item("1935 500 ml", 118_800, 20),
)
"""On offer each day, in the order r1, r2, …; the prices are the public ones of 2022, the weights are assumed."""

_BY_NAME: Final = {item.name: item for item in ITEMS}


def item_of(name: str) -> Item:
    """The item of that name; KeyError where it was never sold."""
    return _BY_NAME[name]
