"""A Chaos Toolkit experiment as a drill: what becomes of its method, its rollbacks and its hypothesis."""

import json
from typing import Any

import pytest

from rushproof.errors import ScenarioError
from rushproof.experiment import ExperimentError, drilled, read_experiment
from rushproof.faults import ChaosToolkitFault
from rushproof.scenario import Scenario
from rushproof.scenario_file import read_scenario
from rushproof.timetable import Moment

SCENARIO = """
about: a drill
target: {url: "http://127.0.0.1:9"}
timetable: {from: open, to: open + 5min, moments: {open: "09:00"}}
crowds: {people: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 5min, rate: 1/s}}}
drill: {service: {step: reserve}, experiment: outage.json}
"""


def activity(name: str, kind: str = "action", **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "provider": {"type": "http", "url": "${target_url}/faults", "method": "PUT"}, **more}


def experiment(**changes: Any) -> dict[str, Any]:
    return {
        "version": "1.0.0",
        "title": "The gateway dies",
        "description": "…",
        "steady-state-hypothesis": {"title": "well", "probes": [activity("Is it well?", "probe", tolerance=200)]},
        "method": [
            activity("Stop the gateway", pauses={"before": 10}),
            activity("How many wait", "probe", pauses={"after": 20}),
            activity("Slow the bank", pauses={"after": 30}),
        ],
        "rollbacks": [activity("Start the gateway"), activity("Bank as before")],
        **changes,
    }


def faults_of(**changes: Any) -> dict[str, Any]:
    return drilled(experiment(**changes), Moment.read("open + 60s"))[0]


def read(tree: Any, scenario: str = SCENARIO) -> Scenario:
    return read_scenario(scenario, "x.yaml", "x", opened=lambda _: json.dumps(tree)).scenario


def test_actions_begin_after_their_pauses_and_last_until_the_method_ends() -> None:
    faults = faults_of()
    assert {name: (fault["at"], fault["for"]) for name, fault in faults.items()} == {
        "stop_the_gateway": ("open + 70s", "50s"),
        "slow_the_bank": ("open + 90s", "30s"),
    }


def test_all_rollbacks_are_the_mending_of_the_first_action_once_and_in_order() -> None:
    first, second = faults_of().values()
    assert [each["name"] for each in first["rollbacks"]] == ["Start the gateway", "Bank as before"]
    assert second["rollbacks"] == []


def test_without_rollbacks_nobody_mends_unless_the_experiment_says_that_it_ends_by_itself() -> None:
    assert [each["by_itself"] for each in faults_of().values()] == [False, True], "the second ends with the rollbacks of the first"
    alone = [activity("Stress", pauses={"after": 9})]
    assert faults_of(method=alone, rollbacks=[])["stress"]["by_itself"] is False
    told = [{"name": "rushproof", "by_itself": ["Stress"]}]
    assert faults_of(method=alone, rollbacks=[], extensions=told)["stress"]["by_itself"] is True


def test_an_action_that_undoes_another_is_its_mending_where_the_experiment_says_so() -> None:
    method = [activity("Stop", pauses={"after": 15}), activity("Go on", pauses={"after": 45})]
    told = [{"name": "rushproof", "mends": {"Go on": "Stop"}}]
    faults = faults_of(method=method, rollbacks=[], extensions=told)
    assert list(faults) == ["stop"]
    assert faults["stop"]["for"] == "15s"
    assert [each["name"] for each in faults["stop"]["rollbacks"]] == ["Go on"]


def test_one_in_the_background_does_not_keep_the_next_waiting() -> None:
    method = [activity("One", background=True, pauses={"after": 40}), activity("Two", pauses={"before": 5, "after": 5})]
    faults = faults_of(method=method)
    assert (faults["one"]["at"], faults["one"]["for"], faults["two"]["at"]) == ("open + 60s", "40s", "open + 65s")


def test_a_pause_may_be_a_name_of_the_configuration_and_an_activity_a_ref() -> None:
    method = [activity("Stop", pauses={"after": "${long}"}), {"ref": "Is it well?"}]
    faults = faults_of(method=method, configuration={"long": 12})
    assert faults["stop"]["for"] == "12s"
    assert faults["stop"]["configuration"] == {"long": 12}


def test_a_scenario_with_an_experiment_holds_its_faults() -> None:
    scenario = read(experiment())
    assert scenario.drill is not None
    fault = scenario.drill.faults["stop_the_gateway"]
    assert isinstance(fault, ChaosToolkitFault)
    assert (fault.at, float(fault.lasting), fault.on) == ("open + 70s", 50.0, "target")
    assert fault.action["provider"]["url"] == "${target_url}/faults"


def test_its_probes_are_probes_and_the_same_one_is_one() -> None:
    hypothesis = experiment()["steady-state-hypothesis"]["probes"][0]
    scenario = read(experiment(method=[*experiment()["method"], {**hypothesis, "pauses": {"after": 1}}]))
    assert list(scenario.probes) == ["is_it_well", "how_many_wait"]
    assert scenario.probes["is_it_well"].activity == hypothesis


def test_a_probe_written_in_the_scenario_has_its_numbers_as_numbers() -> None:
    text = SCENARIO.replace(
        ", experiment: outage.json", ', faults: {x: {inject: command, at: open + 1min, for: 1s, run: "true", mend: "true"}}'
    )
    told = "{type: probe, name: x, tolerance: [1, 3], provider: {type: http, url: 'http://127.0.0.1:9', timeout: 2}}"
    scenario = read_scenario(text + f"probes: {{well: {{activity: {told}}}}}\n", "x.yaml", "x").scenario
    assert scenario.probes["well"].activity is not None
    assert scenario.probes["well"].activity["tolerance"] == [1, 3]


def test_each_arm_has_the_experiment_too() -> None:
    text = SCENARIO + "arms: {late: {drill: {begins: open + 2min}}}\n"
    scenario = read_scenario(text, "x.yaml", "x", arm="late", opened=lambda _: json.dumps(experiment())).scenario
    assert scenario.drill is not None
    assert scenario.drill.faults["stop_the_gateway"].at == "open + 130s"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": [activity("Stop")]}, "method: Stop: it ends when it begins; give it 'pauses"),
        ({"method": [activity("Look", "probe")]}, "method: expected an action: nothing is broken"),
        ({"method": [{"type": "action"}]}, r"method\[0\]: expected an activity with a 'name' and a 'provider'"),
        ({"method": [{"ref": "Nobody"}]}, "ref 'Nobody': no activity has that name"),
        ({"method": [activity("Stop", pauses={"after": "soon"})]}, "pauses.after: expected seconds, or the name"),
        ({"method": [activity("Stop", pauses={"after": -1})]}, "expected seconds of 0 or more, found -1"),
        ({"controls": [{"name": "tracing"}]}, "controls: a drill has none"),
        ({"method": [activity("Stop", kind="acton", pauses={"after": 9})]}, r"method\[0\]: type: expected action or probe, found 'acton'"),
        ({"method": [activity("Stop", pauses=9)]}, r"method\[0\]: pauses: expected 'before' and 'after'"),
        ({"steady-state-hypothesis": [activity("Is it well?", "probe")]}, "steady-state-hypothesis: expected keys and values, found list"),
        ({"configuration": ["long"]}, "configuration: expected keys and values, found list"),
        ({"rollbacks": activity("Start")}, "rollbacks: expected a list, found dict"),
        ({"secrets": {"shop": {"token": "0123"}}}, r"secrets.shop.token: expected \{type: env, key: NAME\}"),
        ({"extensions": [{"name": "rushproof", "mends": {"Go on": "Stop"}}]}, "no activity 'Go on' in the method"),
    ],
)
def test_what_it_cannot_mean_is_told(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ExperimentError, match=words):
        faults_of(**changes)


def test_a_mistake_is_shown_at_the_experiment_and_a_secret_not_at_all() -> None:
    with pytest.raises(ScenarioError, match=r"drill.experiment: outage.json: secrets.a: .* \(line 6\)") as told:
        read(experiment(secrets={"a": "canary-7"}))
    assert "canary-7" not in str(told.value)


def test_one_that_outlasts_the_run_is_told_as_any_fault() -> None:
    with pytest.raises(ScenarioError, match=r"drill\.faults\.stop_the_gateway: it ends at"):
        read(experiment(), SCENARIO.replace("experiment: outage.json", "experiment: outage.json, begins: open + 280s"))


def test_the_method_begins_a_minute_after_the_timetable_does_however_that_is_written() -> None:
    scenario = read(experiment(), SCENARIO.replace("from: open,", "from: open - 30s,"))
    assert scenario.drill is not None
    assert scenario.drill.faults["stop_the_gateway"].at == "open + 40s"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('timetable: {from: open, to: open + 5min, moments: {open: "09:00"}}', "", "'timetable' is missing"),
        ('timetable: {from: open, to: open + 5min, moments: {open: "09:00"}}', "timetable: nine", "timetable: expected keys and values"),
        ("experiment: outage.json", "experiment: outage.json, begins: 1/2", "drill.begins: expected a moment such as open"),
        ("experiment: outage.json", "experiment: outage.json, faults: [x]", "drill.faults: expected keys and values"),
        ("drill:", "probes: [x]\ndrill:", "probes: expected keys and values"),
    ],
)
def test_what_is_wrong_with_a_scenario_is_told_of_it_and_not_of_its_experiment(old: str, new: str, words: str) -> None:
    with pytest.raises(ScenarioError) as told:
        read(experiment(), SCENARIO.replace(old, new))
    assert words in str(told.value) and "outage.json: " not in str(told.value)


def test_json_and_yaml_are_read_alike() -> None:
    assert read_experiment("method: []\ntitle: x\n") == read_experiment('{"method": [], "title": "x"}')
    with pytest.raises(ExperimentError, match="expected an experiment"):
        read_experiment("[]")
    with pytest.raises(ExperimentError, match="expected JSON or YAML"):
        read_experiment("{a: b: c")
