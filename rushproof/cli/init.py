"""`rushproof init`: a starter persona and scenario in the user's folder, which run as they are."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from pathlib import Path

    from rushproof.cli.verbs import Verbs

PERSONA = '''\
"""Who comes: change the steps to what your visitors do.  `locust -f my_visitor.py` works as well."""

from rushproof.driver import Crowd, Duration, Person, Promise, Settings, Step, Target


class MySettings(Settings, frozen=True):
    """What a scenario may say under `settings`."""

    think: Duration = Duration(0.2)
    """mean pause before the reservation"""


class MyVisitor(Crowd):
    """Looks at what is on offer and reserves the first thing."""

    Settings = MySettings
    # A step that promises something is compared with the target's ledger: `person`, `round` and `content` name fields of the body
    # that is sent, `sequence` one of the answer.
    steps = {"look": Step(), "reserve": Step(promises=Promise("reservation", content=("shop",)))}

    async def visit(self, person: Person, target: Target) -> None:
        offer = await target.get("/rounds", step="look")
        if offer.status != 200:
            return
        await target.think(person, mean=self.settings.think)
        wish = {"person": person.id, "round": offer.json()["rounds"][0]["round"], "shop": person.shop}
        await target.post("/reservations", wish, step="reserve", person=person)
'''

SCENARIO = """\
about: Ten seconds of my visitors

target:
  # How to start the backend on a free port; leave `command` out for one that runs already, and say its address as `url`.
  command: python -m fake_backend --port {port} --database {folder}/reservations.sqlite
  url: http://127.0.0.1:{port}
  ready: /health
  # Without a clock that can be set, leave this out: the scenario then runs at speed 1 only.
  clock: /clock

timetable:
  from: open
  to: open + 10s
  moments: {open: "09:00"}

crowds:
  visitors:
    persona: ./my_visitor.py
    # Other shapes: ramp, spike, opening, trace.
    arrivals: {shape: steady, from: open, for: 10s, rate: 50/s}
    settings: {think: 200ms}

# What the target wrote, fetched when the load is over.
ledgers:
  ledger: {export: /ledger/reservations.csv, content: [shop]}
  rounds: {export: /ledger/rounds.csv, person: null, key: null}

# What must never be; your own go into audit/NAME.sql beside this file.
audit: [acknowledged_is_kept, nothing_unasked, one_a_person_and_round]

# What you can afford.
budget:
  - {measure: p99, step: reserve, outcome: ok, at_most: 1s}
  - {measure: good_share, step: reserve, within: 1s, at_least: 99%}
  - {measure: share, step: reserve, outcome: error, at_most: 0.1%}

# From where on the generator no longer believes itself; wide, for a machine that does other things too.
generator: {lag: 100ms, busy: 98%, turn: 250ms, unsent: 5%, tainted: 20%, peak: 0}

drain: 5s
"""

FILES = {"my_visitor.py": PERSONA, "my_scenario.yaml": SCENARIO}


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "init", "write a starter persona and scenario, to be changed into yours", "rushproof init my_rush", does)
    parser.add_argument("folder", metavar="DIR", nargs="?", default=".", help="where to (default: here)")


def does(options: argparse.Namespace) -> int:
    """Write the files, unless one is there already, and say how to run them."""
    from pathlib import Path

    from rushproof.errors import PASS, FolderError

    folder = Path(options.folder)
    there = [str(folder / name) for name in FILES if (folder / name).exists()]
    if there:
        raise FolderError(f"{' and '.join(there)}: there already, and nothing is overwritten; give another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in FILES.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise FolderError(f"{folder} cannot be written: {problem.strerror}") from None
    for name in FILES:
        print(folder / name)
    print(f"\nnow:  rushproof run {_path(folder / 'my_scenario.yaml')}")
    return PASS


def _path(path: "Path") -> str:
    """The path as the command takes it: never a bare name, which would be the catalogue's."""
    return str(path) if "/" in str(path) else f"./{path}"
