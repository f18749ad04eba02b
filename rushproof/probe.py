"""Something of the target's own that is looked at once a second while load runs."""

import msgspec


class ProbeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A PromQL query that comes to one number, such as the share of a connection pool that is taken."""

    query: str
    prometheus: str | None = None
    """a Prometheus's URL; the target's (`target.prometheus`) where it is left out"""
    full: float | None = None
    """the number from which on this is exhausted; None where it only goes into the journal"""
