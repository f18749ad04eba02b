"""Something done to a process."""

from typing import Literal

from rushproof.faults.fault import Fault


class ProcessFault(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="process", rename={"lasting": "for"}):
    """`stop`: frozen where it stands, and continued; `kill`: gone at once, and started again when the fault ends."""

    do: Literal["stop", "kill"]
    pid_file: str | None = None
    """of a process that this run did not start: the file that holds its number, read when the fault begins; beside the scenario"""
    start: str | None = None
    """the command that starts such a process again; needed where it is killed"""
