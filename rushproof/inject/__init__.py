"""Breaking things and mending them: one kind of fault a file, and the guard that mends when the harness is gone."""

from rushproof.drill import AnyFault
from rushproof.faults import ChaosToolkitFault, CommandFault, NetworkFault, ProcessFault, SwitchFault
from rushproof.inject.chaostoolkit import ChaosToolkitInjector
from rushproof.inject.command import CommandInjector
from rushproof.inject.network import NetworkInjector
from rushproof.inject.place import Place
from rushproof.inject.process import ProcessInjector
from rushproof.inject.switch import SwitchInjector
from rushproof.seams import Injector


def injector(fault: AnyFault, place: Place) -> Injector:
    """Who begins and ends this fault there."""
    match fault:
        case SwitchFault():
            return SwitchInjector(fault, place)
        case ProcessFault():
            return ProcessInjector(fault, place)
        case NetworkFault():
            return NetworkInjector(fault, place)
        case CommandFault():
            return CommandInjector(fault, place)
        case ChaosToolkitFault():
            return ChaosToolkitInjector(fault, place)
