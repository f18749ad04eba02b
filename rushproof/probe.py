"""Something of the target's own that is looked at once a second while load runs."""

from collections.abc import Mapping
from typing import Any

import msgspec


class ProbeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number, such as the share of a pool that is taken, or how many payments are open: by PromQL, JSON, SQL, or an activity."""

    query: str | None = None
    """PromQL that comes to one number"""
    prometheus: str | None = None
    """a Prometheus's URL; the target's (`target.prometheus`) where it is left out"""
    json: str | None = None
    """a path of the target (of a process beside it: `{NAME}/path`), or a URL, that answers JSON"""
    field: str = ""
    """where the number stands in it, as a dotted path such as `backlog.open`; true counts as 1, and a list as how many it holds"""
    sql: str | None = None
    """a query for `dsn`, read-only, whose first row's first column is the number"""
    dsn: str | None = None
    """`${env:NAME}` with `postgresql://…` or `mysql://…`"""
    activity: Mapping[str, Any] | None = None
    """a probe as a Chaos Toolkit experiment has it; where it has a `tolerance` it counts as 1 while that is met and as 0 while it is not"""
    configuration: Mapping[str, Any] = {}
    """of the activity's experiment; `${target_url}` is the target's, where it does not say otherwise"""
    secrets: Mapping[str, Any] = {}
    """the same; read when they are needed, and written nowhere"""
    full: float | None = None
    """the number from which on this is exhausted; None where it only goes into the journal"""
