"""What a drill can break: one kind of fault a file, each the words that a scenario writes."""

from rushproof.faults.chaostoolkit import ChaosToolkitFault as ChaosToolkitFault
from rushproof.faults.command import CommandFault as CommandFault
from rushproof.faults.fault import Fault as Fault
from rushproof.faults.network import NetworkFault as NetworkFault
from rushproof.faults.process import ProcessFault as ProcessFault
from rushproof.faults.switch import SwitchFault as SwitchFault
