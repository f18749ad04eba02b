"""Sales: the rooms that an order and its money pass through, put together around one till."""

from collections.abc import Callable

import msgspec

from fake_backend import follow_ups, gateway_notices, orders, payments, reconciliation, refunds
from fake_backend.bill import Bills
from fake_backend.errands import Closing, Paying, Refunding
from fake_backend.facts import Round
from fake_backend.merchant import Merchant
from fake_backend.outages import Outages
from fake_backend.room import Room, Site
from fake_backend.till import Stock, Till


class Sales(msgspec.Struct, frozen=True):
    """The rooms, and the till for whoever else moves orders: `till.move`, `till.refund`."""

    rooms: tuple[Room, ...]
    till: Till


def compose(site: Site, stock: Stock, round_of: Callable[[str], Round | None], strikes: Callable[[str], bool]) -> Sales:
    """`round_of` finds a round by its name, `strikes` says whether a planted defect is on."""
    work_list, merchant, outages = follow_ups.WorkList(site), Merchant(site), Outages()
    till = Till(stock, work_list, round_of, site.settings, strikes)
    tools = (site, merchant, till, outages)
    rooms = (
        orders.room(till, orders.Desk(site, till, outages, work_list, round_of)),
        payments.room(site, Paying(*tools), Closing(*tools)),
        refunds.room(site, Refunding(*tools)),
        gateway_notices.room(site, till, outages),
        reconciliation.room(site, reconciliation.Asking(*tools, work_list), Bills(site, merchant, till)),
        follow_ups.room(site, till, work_list),
    )
    return Sales(rooms, till)
