"""A drill before it is played: what is broken when, on whom, and who mends it where the harness is gone."""

import msgspec

from rushproof.drill import AnyFault
from rushproof.drill_check import TARGET, span_of
from rushproof.faults import ChaosToolkitFault, NetworkFault, ProcessFault, SwitchFault
from rushproof.pace import Pace
from rushproof.plan import Transport
from rushproof.scenario import Scenario
from rushproof.seams import Mender


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of it."""

    fault: str
    kind: str
    on: str
    first: float
    """scenario time"""
    last: float
    begins: float
    """wall seconds since the start"""
    ends: float
    mender: Mender


def playbill(scenario: Scenario, pace: Pace) -> tuple[Scene, ...]:
    """The faults of a scenario's drill in the order in which they begin; none where it has no drill."""
    drill, found = scenario.drill, []
    for name, fault in drill.faults.items() if drill is not None else ():
        first, last = span_of(fault, scenario.timetable)
        found.append(
            Scene(
                fault=name,
                kind=kind_of(fault),
                on=fault.on,
                first=first,
                last=last,
                begins=pace.wall(first),
                ends=pace.wall(last),
                mender=mender_of(fault, scenario.target.transport if fault.on == TARGET else Transport()),
            )
        )
    return tuple(sorted(found, key=lambda scene: scene.begins))


def kind_of(fault: AnyFault) -> str:
    """The kind of a fault as a scenario writes it: `switch`."""
    return str(type(fault).__struct_config__.tag)


def mender_of(fault: AnyFault, way: Transport) -> Mender:
    """Who mends it where the harness is gone, as its injector will have it; `way` is how it is reached."""
    match fault:
        case SwitchFault():
            return "target" if fault.ttl else "nobody" if way.proxy or way.sni or way.resolve else "guard"
        case ProcessFault():
            return "leash" if fault.do == "kill" and fault.pid_file is None else "guard"
        case NetworkFault():
            return "leash" if fault.toxiproxy is None else "guard"
        case ChaosToolkitFault():
            return "guard" if fault.rollbacks else "target" if fault.by_itself else "nobody"
        case _:
            return "guard"
