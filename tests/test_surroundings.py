"""Stop rules, probes and commands that cannot be meant are told in their place, all at once, before anything starts."""

import pytest

from rushproof.errors import ScenarioError
from rushproof.scenario_file import read_scenario

HEAD = """
about: A scenario
target: {url: "http://127.0.0.1:1"PROMETHEUS}
timetable: {from: open, to: open + 10s, moments: {open: "09:00"}}
crowds: {people: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 10s, rate: 1/s}}}
"""
ASKED = ', prometheus: "http://127.0.0.1:9090"'


def mistake(lines: str, prometheus: str = "") -> str:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(HEAD.replace("PROMETHEUS", prometheus) + lines, "mine.yaml", "mine")
    return str(caught.value)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{above: 5s}", "stop_when.0: expected either 'measure' (of the load) or 'query' (of a Prometheus) (line 6)"),
        ('{measure: p99, query: "up", above: 5s}', "stop_when.0: expected either 'measure'"),
        ("{measure: share, above: 20%}", "stop_when.0: a share needs its 'outcome'"),
        ("{measure: share, outcome: eror, above: 20%}", "stop_when.0.outcome: no outcome 'eror'; did you mean 'error'?"),
        ("{measure: share, outcome: unfinished, above: 20%}", "stop_when.0.outcome: nothing is unfinished while load runs"),
        ("{measure: share, outcome: error, above: 5s}", "stop_when.0.above: expected a share such as 20%, found '5s'"),
        ("{measure: share, outcome: error, above: 20}", "stop_when.0.above: expected a share such as 20%, found '20'"),
        ("{measure: p99, above: 20%}", "stop_when.0.above: expected a duration such as 5s, found '20%'"),
        ("{measure: p99, above: 5}", "stop_when.0.above: expected a duration such as 5s, found '5'"),
        ("{measure: p98, above: 5s}", "stop_when.0.measure: expected one of share, p50, p90, p95, p99, max, found 'p98'"),
        ("{measure: p99, above: 5s, for: 500ms}", "stop_when.0.for: expected at least 1s"),
        ('{measure: p99, above: 5s, prometheus: "http://127.0.0.1:9090"}', "stop_when.0.prometheus: only a 'query' is asked"),
        (
            "{query: up, above: 1}",
            "stop_when.0.query: expected 'prometheus' beside it, or 'prometheus' in the target: there is none to ask",
        ),
        ('{query: up, above: 1, prometheus: "ftp://here"}', "stop_when.0.prometheus: expected a URL such as http://127.0.0.1:9090"),
        ('{query: up, above: 1, step: reserve, prometheus: "http://127.0.0.1:9"}', "stop_when.0.step: a query has none"),
        ('{query: " ", above: 1, prometheus: "http://127.0.0.1:9"}', "stop_when.0.query: expected PromQL"),
    ],
)
def test_a_stop_rule_that_cannot_be_meant_is_told_in_its_place(rule: str, words: str) -> None:
    assert words in mistake(f"stop_when: [{rule}]")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('probes: {pool: {query: "up"}}', "probes.pool.query: expected 'prometheus' beside it"),
        ('probes: {"The pool": {query: "up", prometheus: "http://127.0.0.1:9"}}', "expected a name of small letters"),
        ('probes: {pool: {query: "", prometheus: "http://127.0.0.1:9"}}', "probes.pool.query: expected PromQL"),
        ('before: ["psql -c \'oh"]', 'before.0: expected a command as a shell would read it, found "psql -c \'oh": no closing quotation'),
        ('after: ["true", ""]', "after.1: expected a command, found nothing"),
    ],
)
def test_a_probe_or_a_command_that_cannot_be_meant_is_told_in_its_place(lines: str, words: str) -> None:
    assert words in mistake(lines)


def test_a_prometheus_of_the_target_serves_every_rule_and_probe() -> None:
    lines = "stop_when: [{query: up, above: 0.8}, {query: up, above: 80%, for: 5s}]\nprobes: {pool: {query: up, full: 1}}"
    scenario = read_scenario(HEAD.replace("PROMETHEUS", ASKED) + lines, "mine.yaml", "mine").scenario
    assert [rule.above.value for rule in scenario.stop_when] == [0.8, 0.8]


def test_all_mistakes_are_told_at_once_with_their_lines() -> None:
    told = mistake("stop_when:\n  - {measure: p99, above: 20%}\n  - {measure: share, above: 20%}\nafter: ['']")
    assert "3 mistakes" in told and "(line 7)" in told and "(line 8)" in told and "(line 9)" in told
