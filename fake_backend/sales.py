"""Sales: the rooms that an order and its money pass through, put together around one till."""

from collections.abc import Callable

import msgspec

from fake_backend import backlog, follow_ups, gateway_notices, incidents, orders, payments, reconciliation, refunds
from fake_backend.affected import Affected
from fake_backend.alarm import Alarm
from fake_backend.bill import Bills
from fake_backend.errands import Closing, Paying, Refunding
from fake_backend.facts import Round
from fake_backend.merchant import Merchant
from fake_backend.outages import Outages
from fake_backend.retry_budget import RetryBudget
from fake_backend.room import Room, Site
from fake_backend.switches import Switches
from fake_backend.till import Stock, Till


class Sales(msgspec.Struct, frozen=True):
    """The rooms, and the till for whoever else moves orders: `till.move`, `till.refund`."""

    rooms: tuple[Room, ...]
    till: Till


def compose(site: Site, stock: Stock, round_of: Callable[[str], Round | None], lies: Switches) -> Sales:
    """`round_of` finds a round by its name, `lies` are the planted defects."""
    alarm = Alarm(site.settings)
    work_list, merchant, outages = follow_ups.WorkList(site), Merchant(site, alarm, lies), Outages()
    till = Till(stock, work_list, round_of, site.settings, lies.strikes)
    affected = Affected(site, till, work_list)
    tools = (site, merchant, till, outages, RetryBudget(site.settings.retry_budget))
    rooms = (
        orders.room(till, orders.Desk(site, till, outages, work_list, affected, round_of)),
        payments.room(site, Paying(*tools), Closing(*tools)),
        refunds.room(site, Refunding(*tools)),
        gateway_notices.room(site, till, outages),
        reconciliation.room(site, reconciliation.Asking(*tools, work_list), Bills(site, merchant, till)),
        follow_ups.room(site, till, work_list),
        incidents.room(site, alarm, affected),
        backlog.room(site),
    )
    return Sales(rooms, till)
