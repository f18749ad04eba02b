"""An action of a Chaos Toolkit extension."""

from collections.abc import Mapping
from typing import Any

from rushproof.faults.fault import Fault


class ChaosToolkitFault(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="chaostoolkit", rename={"lasting": "for"}):
    """Activities as a Chaos Toolkit experiment writes them, run by chaostoolkit-lib.

    `${target_url}` and `${target_pid}` in them are those of `on`, beside what `configuration` and `secrets` say.
    """

    action: Mapping[str, Any]
    """`{name: …, provider: {type: python, module: …, func: …, arguments: {…}}}`; also of type http or process"""
    rollbacks: tuple[Mapping[str, Any], ...] = ()
    """what mends it, in order"""
    by_itself: bool = False
    """it ends by itself within `for`, or with the rollbacks of another fault; without this and without rollbacks nobody mends it"""
    probe: Mapping[str, Any] | None = None
    """a probe with its `tolerance`, met where all is well again"""
    configuration: Mapping[str, Any] = {}
    """as an experiment has it: values, or `{type: env, key: NAME}`"""
    secrets: Mapping[str, Any] = {}
    """the same, two levels deep; read when they are needed, and written nowhere"""
