"""A drill that cannot be meant is told in its place, all at once, before anything starts."""

import pytest

from rushproof.drill_check import drill_outside, drill_unknown
from rushproof.errors import ScenarioError
from rushproof.scenario import Scenario
from rushproof.scenario_file import read_scenario
from rushproof.timetable import Moment

HEAD = """
about: A drill
target:
  url: "http://127.0.0.1:{port}"
  command: "python -m fake_backend --port {port}"
  clock: /clock
  beside: {gateway: {command: "python -m fake_backend.gateway --port {port}"}}
timetable:
  from: open
  to: open + 10min
  moments: {open: "09:00"}
  stretches: [{from: open + 6min, to: open + 8min, speed: jump}]
crowds: {people: {persona: daily_reserver, arrivals: {shape: steady, from: open, for: 10s, rate: 1/s}}}
probes: {alarm: {query: up, prometheus: "http://127.0.0.1:9"}}
"""
OUTAGE = "{inject: switch, on: gateway, path: /faults/outages, at: open + 1min, for: 1min}"


def drill(faults: str = f"outage: {OUTAGE}", more: str = "", service: str = "{step: pay}") -> Scenario:
    return read_scenario(f"{HEAD}drill: {{service: {service}, faults: {{{faults}}}{more}}}\n", "mine.yaml", "mine").scenario


def mistake(faults: str = f"outage: {OUTAGE}", more: str = "", service: str = "{step: pay}") -> str:
    with pytest.raises(ScenarioError) as caught:
        drill(faults, more, service)
    return str(caught.value)


def test_a_drill_is_read_with_a_fault_of_each_kind() -> None:
    faults = ", ".join([
        f"outage: {OUTAGE}",
        "frozen: {inject: process, do: stop, at: open, for: 1s}",
        "killed: {inject: process, do: kill, on: gateway, at: open + 5min, for: 1s}",
        "theirs: {inject: process, do: kill, pid_file: it.pid, start: it, on: elsewhere, at: open, for: 1s}",
        "slow: {inject: network, on: gateway, at: open, for: 1min, toxics: [{type: latency, attributes: {latency: 300}}]}",
        "cut: {inject: network, on: gateway, at: open, for: 1min, down: true}",
        "mine: {inject: command, on: whoever, at: open, for: 1min, run: 'true', mend: 'true'}",
    ])  # fmt: skip
    found = drill(faults).drill
    assert found is not None and len(found.faults) == 7
    assert float(found.faults["outage"].lasting) == 60


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("inject: switch, path: /x, at: opne, for: 1s", "drill.faults.it.at: no moment 'opne' on the timetable; did you mean 'open'?"),
        ("inject: switch, path: /x, at: open + 9min, for: 61s", "drill.faults.it: it ends at 09:10:01, but the run ends at 09:10:00"),
        ("inject: switch, path: /x, at: open - 1s, for: 5s", "drill.faults.it: it begins at 08:59:59, before the run does"),
        ("inject: switch, path: /x, at: open + 7min, for: 2min", "it begins in it, but the timetable jumps from 09:06:00 to 09:08:00"),
        ("inject: switch, path: /x, at: open + 5min, for: 2min", "it ends in it, but the timetable jumps"),
        ("inject: switch, path: /x, at: open + 6min, for: 2min", "the timetable jumps over all of it"),
        ("inject: switch, path: /x, at: open, for: 0s", "drill.faults.it.for: expected more than 0"),
        ("inject: switch, path: x, at: open, for: 1s", "drill.faults.it.path: expected a path such as /faults/outages"),
        ("inject: switch, path: /x, shown: x, at: open, for: 1s", "drill.faults.it.shown: expected a path"),
        ("inject: switch, on: gatewy, path: /x, at: open, for: 1s", "nobody is called 'gatewy' beside the target; did you mean 'gateway'?"),
        ("inject: process, do: stop, on: gatewy, at: open, for: 1s", "nobody is called 'gatewy'"),
        ("inject: process, do: kill, pid_file: x, at: open, for: 1s", "drill.faults.it.start: 'start' is missing"),
        ("inject: process, do: kill, start: x, at: open, for: 1s", "drill.faults.it.start: a process that this run started"),
        ("inject: network, at: open, for: 1s", "expected 'toxics' or 'down'"),
        (
            "inject: network, at: open, for: 1s, toxics: [{type: lateness}]",
            "it.toxics.0: invalid toxic type 'lateness'; did you mean 'latency'?",
        ),
        (
            "inject: network, at: open, for: 1s, toxics: [{type: timeout}, {type: latency, attributes: {latencies: 300}}]",
            "drill.faults.it.toxics.1: unknown 'latencies' in latency; did you mean 'latency'?",
        ),
        (
            "inject: network, at: open, for: 1s, toxics: [{type: latency, streams: upstream}]",
            "unknown 'streams' in latency; did you mean 'stream'?",
        ),
        ("inject: network, at: open, for: 1s, toxics: [{type: latency, attributes: {latency: slow}}]", "Expected `int`, got `str`"),
        ("inject: command, run: ' ', mend: x, at: open, for: 1s", "drill.faults.it.run: expected a command"),
        ("inject: command, run: x, mend: x, probe: '', at: open, for: 1s", "drill.faults.it.probe: expected a command"),
        (
            'inject: command, run: x, mend: "say \'so", at: open, for: 1s',
            "drill.faults.it.mend: expected a command as a shell would take it",
        ),
        ('inject: process, do: kill, pid_file: x, start: "\'", at: open, for: 1s', "drill.faults.it.start: expected a command"),
        ("inject: swich, path: /x, at: open, for: 1s", "swich"),
    ],
)
def test_a_fault_that_cannot_be_meant_is_told_in_its_place(fault: str, words: str) -> None:
    assert words in mistake(f"it: {{{fault}}}")


def test_two_faults_may_follow_each_other_on_a_switch_but_not_overlap() -> None:
    later = OUTAGE.replace("open + 1min", "open + 2min")
    drill(f"first: {OUTAGE}, second: {later}")
    drill(f"first: {OUTAGE}, other: {OUTAGE.replace('outages', 'delays')}")
    sooner = OUTAGE.replace("open + 1min", "open + 119s")
    assert "drill.faults.second: overlaps with 'first' on the switch /faults/outages of gateway" in mistake(
        f"first: {OUTAGE}, second: {sooner}"
    )


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("process, do: stop", "process, do: kill", "the process target"),
        ("process, do: stop, pid_file: a", "process, do: stop, pid_file: a", "the process a"),
        ("network, down: true", "network, down: true", "the network in front target"),
        ("command, run: x, mend: y", "command, run: x, mend: y", "the command x"),
    ],
)
def test_two_faults_do_not_have_the_same_thing_to_themselves(first: str, second: str, told: str) -> None:
    assert told in mistake(f"a: {{inject: {first}, at: open, for: 5s}}, b: {{inject: {second}, at: open + 1s, for: 1s}}")


def test_a_process_that_nobody_started_needs_its_number() -> None:
    text = HEAD.replace('command: "python -m fake_backend --port {port}"\n', "\n").replace(":{port}", ":8000", 1)
    text += "drill: {service: {step: pay}, faults: {it: {inject: process, do: stop, at: open, for: 1s}}}\n"
    with pytest.raises(ScenarioError, match=r"this run does not start the target; expected 'pid_file'"):
        read_scenario(text, "mine.yaml", "mine")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (", baseline: {from: open, to: open + 61s}", "drill.baseline.to: it ends at 09:01:01, but the first fault begins at 09:01:00"),
        (", baseline: {from: open + 30s, to: open}", "drill.baseline.to: expected a moment after open + 30s"),
        (", baseline: {from: open - 1s, to: open + 1s}", "drill.baseline.from: it begins at 08:59:59, before the run does"),
        (", baseline: {from: opne, to: open}", "drill.baseline: no moment 'opne'"),
        (", backlog: {}", "drill.backlog: expected either 'query'"),
        (", ledger: {query: x, probe: alarm}", "drill.ledger: expected either 'query'"),
        (", customer: {probe: alrm}", "drill.customer.probe: no probe 'alrm' of the scenario; did you mean 'alarm'?"),
        (", alarm: alrm", "drill.alarm: no probe 'alrm'"),
        (', tell: ["slack://secret/token/here"]', "drill.tell.0: a webhook's address is a secret"),
    ],
)
def test_what_is_watched_has_to_be_there(more: str, words: str) -> None:
    assert words in mistake(more=more)


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("{step: pay, drop: 100%}", "drill.service.drop: expected a share between"),
        ("{step: pay, hold: 0s}", "drill.service.hold: expected more than 0"),
        ("{step: pay, within: 0s}", "drill.service.within: expected more than 0"),
    ],
)
def test_a_service_clock_needs_figures_that_can_be_met(service: str, words: str) -> None:
    assert words in mistake(service=service)


def test_a_drill_without_faults_is_none() -> None:
    assert "drill.faults: expected at least one fault" in mistake(faults="")


def test_a_webhook_of_this_machine_may_be_written_down() -> None:
    drill(more=', tell: ["json://127.0.0.1:9/", "slack://${env:HOOK}"]')


def test_steps_and_queries_are_looked_for_once_they_are_known() -> None:
    scenario = drill(
        more=", apart: [browse, brose], backlog: {query: open_paymnts}, people: {query: affected, tries: tris}",
        service="{step: pya, crowd: people}",
    )
    told = list(drill_unknown(scenario, {"people": ["pay"], "others": ["browse"]}, ["open_payments", "affected", "tries"]))
    assert [(".".join(path), problem.partition(";")[2].strip()) for path, problem in told] == [
        ("drill.service.step", "did you mean 'pay'?"),
        ("drill.apart.1", "did you mean 'browse'?"),
        ("drill.backlog.query", "did you mean 'open_payments'?"),
        ("drill.people.tries", "did you mean 'tries'?"),
    ]
    other = drill(service="{step: pay, crowd: peopel}")
    assert [path for path, _ in drill_unknown(other, {"people": ["pay"]}, [])] == [("drill", "service", "crowd")]


def test_a_part_of_the_timetable_has_to_hold_the_faults() -> None:
    import msgspec

    scenario = drill()
    part = msgspec.structs.replace(scenario.timetable, last=Moment.read("open + 90s"))
    assert not list(drill_outside(scenario, scenario.timetable))
    assert [path for path, _ in drill_outside(scenario, part)] == [("drill", "faults", "outage")]
