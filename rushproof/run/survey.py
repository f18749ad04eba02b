"""What can be known of a run before it: prepared as it would be, with what this machine and the people's file have to give."""

import os
import resource
from pathlib import Path

from rushproof.needs import Here
from rushproof.outlook import Outlook, People, outlook
from rushproof.run.options import Options
from rushproof.run.people import take
from rushproof.run.preparation import Prepared, prepare
from rushproof.run.tables import tables
from rushproof.scenario import Scenario

RUNS = Path("reports", "runs")
"""where the command puts runs, beside which people of earlier ones are looked for"""
_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LINUX = (32768, 60999)


async def survey(scenario: Scenario, options: Options) -> Outlook:
    """The outlook of a run; InputError where the run could not begin.  Nothing is sent to the target."""
    return foreseen(await prepare(scenario, options), options)


def foreseen(prepared: Prepared, options: Options) -> Outlook:
    """The outlook of a prepared run; ScenarioError where its people will not do."""
    scenario, rows = prepared.scenario, prepared.rows
    taken = take(prepared.plan, rows, options, RUNS / "next")
    file = scenario.persons.file if scenario.persons is not None else None
    return outlook(
        scenario,
        prepared.plan,
        prepared.steps,
        here(),
        tls=(prepared.url or scenario.target.url).startswith("https"),
        people=People(
            source=file or "population",
            known=int(scenario.population.registered) if rows is None else rows,
            used=taken.first,
            notes=taken.notes,
        ),
        tables=tables(scenario.audit, prepared.directories),
    )


def here() -> Here:
    """This machine."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    first, last = _ports()
    return Here(
        cores=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        descriptors=None if hard == resource.RLIM_INFINITY else hard,
        ports=last - first + 1,
    )


def _ports() -> tuple[int, int]:
    try:
        first, last = _PORTS.read_text().split()
        return int(first), int(last)
    except (OSError, ValueError):
        return _LINUX
