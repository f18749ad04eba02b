"""Crowds of the people of another: what cannot be meant is refused with what was found and what would do."""

import pytest

from rushproof.errors import ScenarioError
from rushproof.scenario_file import read_scenario

TEXT = """\
about: They come, and come again
target: {url: "http://127.0.0.1:1"}
timetable: {from: "09:00", to: "10:00"}
crowds:
  watchers:
    persona: watch
    of: reservers
    arrivals: {shape: steady, from: "09:30", for: 10min}
  reservers:
    persona: reserve
    people: 7k
    arrivals: {shape: opening, from: "09:00", to: "10:00"}
  users: {persona: browse, users: 3}
"""


def read(*changes):
    return read_scenario(TEXT, "day.yaml", "day", [(change.partition("=")[0], change.partition("=")[2]) for change in changes]).scenario


@pytest.mark.parametrize(
    ("changes", "people"),
    [
        ((), 7_000),
        (("crowds.watchers.share=40%",), 2_800),
        (("crowds.watchers.people=123",), 123),
        (("crowds.watchers.arrivals.rate=2/s",), 1_200),
    ],
)
def test_all_come_again_or_a_share_or_as_many_as_are_said(changes, people):
    assert read(*changes).people("watchers") == pytest.approx(people)


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        (("crowds.watchers.of=reserver",), "crowds.watchers.of", "no other crowd 'reserver' in the scenario; did you mean 'reservers'?"),
        (("crowds.watchers.of=watchers",), "crowds.watchers.of", "no other crowd 'watchers'"),
        (("crowds.watchers.of=users",), "crowds.watchers.of", "users is of an ordinary Locust user"),
        (("crowds.reservers.of=watchers",), "crowds.watchers.of", "reservers is itself of the people of watchers"),
        (("crowds.watchers.people=7001",), "crowds.watchers", "expected at most the 7,000 people of reservers, found 7,001"),
        (
            ("crowds.watchers.share=40%", "crowds.watchers.people=5"),
            "crowds.watchers.share",
            "expected either 'share' or a number of people",
        ),
        (("crowds.watchers.of=null", "crowds.watchers.people=5", "crowds.watchers.share=4%"), "crowds.watchers.share", "expected 'of'"),
        (("persons={file: people.csv}",), "crowds.watchers.of", "rows of a persons' file are read once, in their order"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_its_place(changes, place, words):
    with pytest.raises(ScenarioError) as refused:
        read(*changes)

    assert place in str(refused.value)
    assert words in str(refused.value)
