"""Something of the target's own that is looked at once a second while load runs."""

import msgspec


class ProbeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number, such as the share of a connection pool that is taken, or how many payments are open: by PromQL, from JSON, or by SQL."""

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
    full: float | None = None
    """the number from which on this is exhausted; None where it only goes into the journal"""
