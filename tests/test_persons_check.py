"""What a scenario says of its persons is looked at before anything is opened."""

import pytest

from rushproof.errors import ScenarioError
from rushproof.scenario_file import read_scenario

TEXT = """\
about: People who exist come
target: {url: "http://127.0.0.1:1"}
timetable: {from: "09:00", to: "09:01"}
crowds:
  people: {persona: somebody, people: 60, arrivals: {shape: steady, from: "09:00", for: 60s}}
persons: {}
"""


def read(*changes: tuple[str, str]) -> None:
    read_scenario(TEXT, "rush.yaml", "rush", changes)


@pytest.mark.parametrize(
    "persons",
    [
        "{file: people.csv}",
        "{file: people.parquet, id: uid, token: jwt, expires: exp, attributes: [shop], signer: ./tokens.py:sign, ahead: 5s, refresh: 10s}",
        "{signer: ../secrets/tokens.py:sign}",
    ],
)
def test_a_file_a_signer_or_both_can_be_meant(persons: str) -> None:
    read(("persons", persons))


@pytest.mark.parametrize(
    ("persons", "words"),
    [
        ("{}", r"persons: expected a 'file' of persons, a 'signer' .* \(line 6\)"),
        (
            "{signer: 't.py:s', token: t, attributes: [a]}",
            "persons.token: a column, but there is no 'file'(.|\n)*persons.attributes: a column",
        ),
        ("{file: p.csv, expires: e}", "persons.expires: when a token ends, but no column 'token' is named"),
        ("{file: p.csv, token: t, signer: 't.py:s'}", "persons.token: expected 'expires' beside it"),
        ("{signer: tokens.sign}", "persons.signer: expected a file and a function such as ./tokens.py:sign, found 'tokens.sign'"),
        ("{signer: 't.py:s', refresh: 0s}", "persons.refresh: expected more than 0, found 0"),
        ("{file: p.csv, tokens: t}", "persons.tokens: unknown key; did you mean 'token'"),
    ],
)
def test_what_says_nothing_or_not_enough_is_told_in_its_place(persons: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        read(("persons", persons))


def test_ordinary_locust_users_know_of_no_persons() -> None:
    with pytest.raises(ScenarioError, match="persons: persons come to crowds with 'arrivals'"):
        read(("persons", "{file: p.csv}"), ("crowds.people", "{persona: somebody, users: 5}"))
