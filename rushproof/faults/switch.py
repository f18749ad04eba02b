"""A switch that somebody serves over HTTP."""

from collections.abc import Mapping
from typing import Any

from rushproof.faults.fault import Fault


class SwitchFault(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="switch", rename={"lasting": "for"}):
    """Turned on by `PUT path` with `set` and its time to live, turned off by `DELETE path`; it is on where GET says so."""

    path: str
    """such as `/faults/outages`"""
    set: Mapping[str, Any] = {}
    """the body's fields, beside the time to live"""
    ttl: str | None = "ttl"
    """the body's field that takes the wall seconds until it ends by itself; null where it has none, so that the guard has to end it"""
    headers: Mapping[str, str] = {}
    """on each of these requests, such as an operator's token, `${env:…}`"""
    shown: str | None = None
    """a path whose answer says whether it is on; None: the switch's own answer to PUT and DELETE is believed"""
    active: str = "active"
    """the field of that answer which is true while it is on"""
