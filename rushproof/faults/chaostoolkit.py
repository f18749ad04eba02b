"""An action of a Chaos Toolkit extension."""

from collections.abc import Mapping
from typing import Any

from rushproof.faults.fault import Fault


class ChaosToolkitFault(Fault, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="chaostoolkit", rename={"lasting": "for"}):
    """Activities as a Chaos Toolkit experiment writes them, run by chaostoolkit-lib."""

    action: Mapping[str, Any]
    """`{name: …, provider: {type: python, module: …, func: …, arguments: {…}}}`; also of type http or process"""
    rollback: Mapping[str, Any] | None = None
    """what mends it; None where it ends by itself within `for`"""
    probe: Mapping[str, Any] | None = None
    """a probe with its `tolerance`, met where all is well again"""
