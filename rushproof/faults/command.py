"""Anything that a user can run."""

from rushproof.faults.fault import Fault


class CommandFault(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="command", rename={"lasting": "for"}):
    """A command that breaks something, one that mends it, and one that says whether it is mended."""

    run: str
    mend: str
    """run when the fault ends, by the guard where the harness is gone"""
    probe: str | None = None
    """ends with 0 where all is well; None: `mend` is believed when it ends with 0"""
