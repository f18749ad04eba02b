"""What `rushproof plan` and `rushproof check` print of a drill: its timeline, and who mends."""

from rushproof.pace import Pace
from rushproof.playbill import Scene, playbill
from rushproof.quantity import Unit, show
from rushproof.render.grid import Heading, paragraph, table
from rushproof.scenario import Scenario

_HEADINGS: tuple[Heading, ...] = (
    ("from", "left"), ("to", "left"), ("on the wall", "left"), ("fault", "left"), ("on", "left"), ("without the harness", "left"),
)  # fmt: skip
_MENDERS = {
    "target": "ends by itself, by its time to live",
    "guard": "the guard mends it",
    "leash": "ends with the run, whose own it is",
    "nobody": "NOBODY MENDS IT: needs --accept-unguarded",
}


def drill(scenario: Scenario, pace: Pace) -> str:
    """The section; empty where there is no drill."""
    scenes = playbill(scenario, pace)
    if scenario.drill is None or not scenes:
        return ""
    lines = ["The drill", table(_HEADINGS, [_row(scene, scenario) for scene in scenes], wrap=5)]
    service = scenario.drill.service
    lines.append(
        paragraph(
            f"the harness begins and mends each; service is told by {service.step}, good within {show(float(service.within), Unit.SECONDS)}"
        )
    )
    told = len(scenario.drill.tell)
    if told:
        lines.append(paragraph(f"start, abort, mends and end are posted to {told} webhook{'s' if told > 1 else ''}"))
    return "\n".join(lines)


def _row(scene: Scene, scenario: Scenario) -> tuple[str, ...]:
    clock = scenario.timetable.clock
    wall = f"{show(scene.begins, Unit.SECONDS)}, for {show(scene.ends - scene.begins, Unit.SECONDS)}"
    return (clock(scene.first), clock(scene.last), wall, f"{scene.fault} ({scene.kind})", scene.on, _MENDERS[scene.mender])
