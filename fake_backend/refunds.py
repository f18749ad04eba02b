"""Refunds: money that came too late or twice, or for a bottle that nobody fetched, on its way back; begun by the till, once a payment."""

from fake_backend.errands import Refunding
from fake_backend.room import Room, Site


def room(site: Site, refunding: Refunding) -> Room:
    """The refunds of the day."""

    async def under_way() -> int:
        return int((await site.books.read("SELECT count(*) FROM refunds WHERE state <> 'done'"))[0][0])

    return Room(couriers={"gateway.refund": refunding}, under_way=under_way)
