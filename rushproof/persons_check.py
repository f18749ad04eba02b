"""Whether what a scenario says of its persons can be meant; whether their file can serve is seen where it is opened."""

import re
from collections.abc import Iterator

from rushproof.document import Path
from rushproof.persons import PersonsSpec
from rushproof.scenario import Scenario

Mistakes = Iterator[tuple[Path, str]]

_SIGNER = re.compile(r".+\.py:[^\W\d]\w*")


def persons_mistakes(scenario: Scenario) -> Mistakes:
    """Each word of `persons` that says nothing, or not enough."""
    spec = scenario.persons
    if spec is None:
        return
    if spec.file is None and spec.signer is None:
        yield ("persons",), "expected a 'file' of persons, a 'signer' for derived ones, or both"
    if scenario.crowds and all(crowd.arrivals is None for crowd in scenario.crowds.values()):
        yield ("persons",), "persons come to crowds with 'arrivals'; an ordinary Locust user knows of none"
    yield from _columns(spec)
    if spec.signer is not None and not _SIGNER.fullmatch(spec.signer):
        yield ("persons", "signer"), f"expected a file and a function such as ./tokens.py:sign, found {spec.signer!r}"
    for key, value in (("ahead", spec.ahead), ("refresh", spec.refresh)):
        if value <= 0:
            yield ("persons", key), f"expected more than 0, found {value:g}"


def _columns(spec: PersonsSpec) -> Mistakes:
    for key in ("token", "expires", "attributes"):
        if spec.file is None and getattr(spec, key):
            yield ("persons", key), "a column, but there is no 'file' to have it"
    if spec.token is None and spec.expires is not None:
        yield ("persons", "expires"), "when a token ends, but no column 'token' is named"
    if spec.token is not None and spec.expires is None and spec.signer is not None:
        yield ("persons", "token"), "expected 'expires' beside it: the signer is asked for new tokens in the place of those that end"
