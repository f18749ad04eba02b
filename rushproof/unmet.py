"""What a walk should have met and did not: told from how its run was judged, beside what was said on the way."""

import re
from collections.abc import Iterator, Sequence

from rushproof.frame import Exchange
from rushproof.manifest import Ending
from rushproof.obstacle import WRONG, Obstacle
from rushproof.quantity import Unit, show
from rushproof.report import Report, StepReport
from rushproof.sample import VISIT
from rushproof.scenario import LedgerSpec, Scenario
from rushproof.verdict import Kind, Status

_BROKE = "a visit of "
"""how a note begins that tells of a persona's own mistake"""
_COLUMNS = re.compile(r"Its query does not run: (.*)\.$|((?:\w+ tells no \w+(?:, )?)+): its source has no such column\.$")
"""why the audit could not ask an invariant, where the columns of its tables are to blame"""


def unmet(scenario: Scenario, exchanges: Sequence[Exchange], report: Report) -> Iterator[Obstacle]:
    """What is in the way of a run by the report of a walk; `scenario` as it would be run."""
    ending = report.manifest.ending
    if ending is not Ending.COMPLETE:
        yield Obstacle(where="the load", came=report.manifest.why or ending.value, expected="its end", advice="mend what it names")
        return
    broke = [note for note in report.manifest.notes if note.startswith(_BROKE)]
    for note in broke:
        yield Obstacle(where="a visit", came=note, expected="a visit that goes to its end", advice="mend the persona at the line named")
    for name, crowd in scenario.crowds.items():
        steps = [step for step in report.steps if step.crowd == name and step.step != VISIT and any(step.counts.values())]
        if crowd.users is not None:
            yield from _users(name, steps)
        else:
            yield from _silent(name, steps, exchanges, report, broke=bool(broke))
    yield from _columns(report)


def missing(name: str, spec: LedgerSpec, notes: Sequence[str]) -> Obstacle:
    """A ledger that could not be brought in."""
    source = next((word for word in ("sql", "export", "http", "file", "command") if getattr(spec, word) is not None), "export")
    places = ("dsn", "sql") if source == "sql" else (source,)
    told = [note for note in notes if f"ledger {name} " in note] or list(notes)
    return Obstacle(
        where=f"ledger {name}",
        came="; ".join(told) or "nothing",
        expected="a table with the columns that the scenario names",
        advice=f"mend {' or '.join(f'`ledgers.{name}.{place}`' for place in places)}, or the columns named beside it",
    )


def _silent(name: str, steps: Sequence[StepReport], exchanges: Sequence[Exchange], report: Report, *, broke: bool) -> Iterator[Obstacle]:
    """A person who asked for nothing, and a step that had not come to anything when time was up."""
    mine = [exchange for exchange in exchanges if exchange.crowd == name]
    if not mine and not steps and not broke:
        yield Obstacle(
            where=name, came="no request at all", expected="a visit that takes its steps", advice="look at the persona's settings"
        )
    waited = show(report.manifest.scenario.drain, Unit.SECONDS)
    for step in steps:
        if not step.counts.get("unfinished"):
            continue
        shed = sum(exchange.outcome == "shed" for exchange in mine if exchange.step == step.step)
        yield Obstacle(
            where=f"{name} · {step.step}",
            came=f"asked to come later {shed} times in {waited}" if shed else f"no answer within {waited}",
            expected="an answer that settles it",
            advice="the target sheds one person alone: look at its limits" if shed else "look at the target's log; a step has a `timeout`",
        )


def _users(name: str, steps: Sequence[StepReport]) -> Iterator[Obstacle]:
    """Ordinary Locust users, of whom only the counts are known."""
    if not steps:
        came = "no request at all in a second"
        yield Obstacle(where=name, came=came, expected="one at least", advice="look at its `wait_time` and tasks")
    for step in steps:
        if not set(step.counts) - set(WRONG):
            came = ", ".join(f"{count:,} {word}" for word, count in step.counts.items())
            yield Obstacle(where=f"{name} · {step.step}", came=came, expected="an answer that is fine", advice="look at the target's log")


def _columns(report: Report) -> Iterator[Obstacle]:
    """Claimed invariants that cannot be asked of the tables there are."""
    for one in report.findings:
        told = _COLUMNS.search(one.sentence)
        if one.kind is Kind.INVARIANT and one.status is Status.UNKNOWN and told:
            yield Obstacle(
                where=f"invariant {one.name}",
                came=told[1] or told[2],
                expected="tables with the columns that it reads",
                advice="name or give the column in the ledger (`ledgers:`), or leave the invariant out of `audit:`",
            )
