"""arms.json: the arms of a scenario side by side, for programs; the shape is `arms.schema.json`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from rushproof.arm import Arm, together
from rushproof.render.json import VERDICTS, VerdictDocument, document
from rushproof.verdict import Expected, Status

Meta = msgspec.Meta
_MET: Mapping[Status, bool] = {Status.PASS: True, Status.FAIL: False}


class ArmVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One arm, with what was expected of it."""

    expected: Annotated[Expected, Meta(description="`pass` where the scenario says nothing")]
    met: Annotated[bool | None, Meta(description="whether it came to that; null where nobody can tell")]
    run: Annotated[VerdictDocument | None, Meta(description="its verdict.json; null where it never ran")]


class ArmsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of arms.json."""

    verdict: Annotated[
        Literal["pass", "fail", "unknown"], Meta(description="of how the arms stood beside what was expected of each, the gravest")
    ]
    arms: Annotated[Mapping[str, ArmVerdict], Meta(description="by name, in the order in which they were asked for")]


def render(arms: Sequence[Arm]) -> bytes:
    """arms.json, indented, keys in the documented order."""
    told = ArmsDocument(verdict=VERDICTS[together(arms)], arms={arm.name: _told(arm) for arm in arms})
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of arms.json, as published in `arms.schema.json`."""
    described = msgspec.json.schema(ArmsDocument)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "rushproof arms.json", **described}


def _told(arm: Arm) -> ArmVerdict:
    return ArmVerdict(expected=arm.expected, met=_MET.get(arm.stood), run=None if arm.report is None else document(arm.report))
