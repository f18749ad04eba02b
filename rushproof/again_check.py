"""Whether a crowd can be of the people of another: that there is such a crowd, and that it has as many."""

from collections.abc import Iterator

from rushproof.arrivals import Trace, has_rates
from rushproof.document import Path
from rushproof.errors import nearest
from rushproof.scenario import CrowdSpec, Scenario

Mistakes = Iterator[tuple[Path, str]]


def again_mistakes(scenario: Scenario) -> Mistakes:
    """Each crowd that says `of`, or `share`, and cannot mean it."""
    for name, crowd in scenario.crowds.items():
        path = ("crowds", name)
        if crowd.of is None:
            if crowd.share is not None:
                yield (*path, "share"), "expected 'of' beside it: the crowd whose people it is a share of"
            continue
        wrong = _whose(scenario, name, crowd)
        if wrong:
            yield (*path, "of"), wrong
        elif crowd.share is not None and (crowd.people is not None or (crowd.arrivals is not None and has_rates(crowd.arrivals))):
            yield (*path, "share"), "expected either 'share' or a number of people (by 'people' or by the shape's rates), found both"
        else:
            yield from _enough(scenario, name, crowd)


def _whose(scenario: Scenario, name: str, crowd: CrowdSpec) -> str:
    """Why the people of the crowd that is named cannot come again; empty where they can."""
    assert crowd.of is not None
    others = [other for other in scenario.crowds if other != name]
    if crowd.of not in others:
        return f"no other crowd {crowd.of!r} in the scenario{nearest(crowd.of, others)}"
    first = scenario.crowds[crowd.of]
    if crowd.arrivals is None or first.arrivals is None:
        users = name if crowd.arrivals is None else crowd.of
        return f"the people of a crowd with 'arrivals' come again to another with 'arrivals'; {users} is of an ordinary Locust user"
    if first.of is not None:
        return f"{crowd.of} is itself of the people of {first.of}: name {first.of} here"
    if scenario.persons is not None and scenario.persons.file is not None:
        return "the rows of a persons' file are read once, in their order, so they cannot come again; leave out persons.file or this"
    return ""


def _enough(scenario: Scenario, name: str, crowd: CrowdSpec) -> Mistakes:
    assert crowd.of is not None
    if any(isinstance(each := scenario.crowds[one].arrivals, Trace) and not each.points for one in (name, crowd.of)):
        return  # a trace's rates stand in another file; should too many come, the first come twice
    mine, theirs = scenario.people(name), scenario.people(crowd.of)
    if mine > theirs * (1 + 1e-9):
        yield ("crowds", name), f"expected at most the {theirs:,.0f} people of {crowd.of}, found {mine:,.0f}"
