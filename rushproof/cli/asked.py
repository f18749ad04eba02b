"""How a run is asked for: the options that every verb takes which makes, walks or foresees one, and what they come to."""

import argparse
import sys
from typing import TYPE_CHECKING

from rushproof.cli.verbs import change, label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from rushproof.run.options import Options
    from rushproof.scenario_file import ScenarioFile
    from rushproof.timetable import Moment

_GRAVITY = (0, 3, 2, 1, 4)
"""exit codes, the worst last: an arm that passed, one that cannot be told, one that never began, a broken limit, a bug of ours"""
BY_ITSELF, BY_HAND = 30.0, 600.0
"""wall seconds in which the generator has to be ready, started by us or by people at other machines"""


def ask(parser: argparse.ArgumentParser) -> None:
    """Declare the options on a verb that runs the scenario's own timetable."""
    ask_whom(parser)
    parser.add_argument("--scale", type=float, metavar="F", help="share of the people, such as 0.01")
    parser.add_argument(
        "--speed", type=float, metavar="F", help="how many times faster than the wall scenario time runs, where no stretch says otherwise"
    )
    parser.add_argument("--from", dest="first", metavar="M", help="begin at this moment of the timetable, such as 08:59:30 or open-30s")
    parser.add_argument("--to", dest="last", metavar="M", help="end arrivals at this moment")
    parser.add_argument("--drill", metavar="FILE", help="a Chaos Toolkit experiment, JSON or YAML, that the run goes through")
    parser.add_argument("--arms", type=arms, default=("",), metavar="A,B", help="these arms of the scenario, one after the other")
    ask_unguarded(parser)
    parser.add_argument("--same-people", action="store_true", help="the people of an earlier run of today, too")


def ask_whom(parser: argparse.ArgumentParser) -> None:
    """Declare which scenario, against what, with which generator."""
    parser.add_argument(
        "scenario", metavar="SCENARIO", help="a name of the catalogue (see `rushproof scenarios`), or a path of a YAML file"
    )
    parser.add_argument(
        "--target", metavar="URL", help="a target that runs already; its clock is set where the scenario names the clock's path"
    )
    parser.add_argument("--own-host", metavar="HOST", help="a host beyond this machine that is yours; it must also stand in ./targets.yaml")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="load processes on this machine (1: no master)")
    parser.add_argument("--expect-workers", type=int, default=0, metavar="N", help="wait for N more that you start with Locust's --worker")
    parser.add_argument("--seed", type=int, metavar="N", help="who comes when; equal seeds, equal people and due times")
    parser.add_argument("--budget", metavar="FILE", help="a YAML file with the `budget:` to judge by instead of the scenario's")
    parser.add_argument("--set", dest="changes", type=change, action="append", default=[], metavar="PATH=VALUE", help="change the scenario")


def ask_unguarded(parser: argparse.ArgumentParser) -> None:
    """Declare the word of a user who will mend by hand what nobody else would."""
    parser.add_argument("--accept-unguarded", action="store_true", help="begin faults that nobody would mend if this command were killed")


def ask_labels(parser: argparse.ArgumentParser) -> None:
    """Declare what a run can be called by in its reports and in `rushproof runs`."""
    parser.add_argument(
        "--label", dest="labels", type=label, action="append", default=[], metavar="NAME=VALUE", help="what is run, such as build=2026.11.3"
    )


def scenario_asked(options: argparse.Namespace, arm: str = "") -> "tuple[ScenarioFile, Path]":
    """The scenario, or one of its arms, with its budget, and the folder its paths are relative to."""
    from rushproof.cli.reading import budget_of, scenario_of

    file, beside = scenario_of(options.scenario, options.changes, arm, getattr(options, "drill", None))
    return (budget_of(options.budget, file) if options.budget else file), beside


def options_asked(options: argparse.Namespace, file: "ScenarioFile", beside: "Path", name: str | None = None, arm: str = "") -> "Options":
    """How the scenario, or one of its arms, is to be run; `name` is the run's id."""
    from rushproof.run.options import Options

    return Options(
        beside=beside,
        document=file.document,
        asked=options.scenario,
        arm=arm or None,
        run=name,
        target=options.target,
        own_host=options.own_host,
        scale=options.scale,
        speed=options.speed,
        first=moment("--from", options.first),
        last=moment("--to", options.last),
        seed=options.seed,
        same_people=options.same_people,
        workers=options.workers,
        expect_workers=options.expect_workers,
        accept_unguarded=getattr(options, "accept_unguarded", False),
        labels=_once(getattr(options, "labels", [])),
        ready_within=BY_HAND if options.expect_workers else BY_ITSELF,
    )


def arms_asked(options: argparse.Namespace) -> "dict[str, tuple[ScenarioFile, Path]]":
    """What `scenario_asked` comes to for each of the arms, all read before one is run; by the name "" where none was asked for."""
    return {arm: scenario_asked(options, arm) for arm in options.arms}


def each_arm(asked: "Mapping[str, tuple[ScenarioFile, Path]]", does: "Callable[[str, ScenarioFile, Path], int]") -> int:
    """Does it for the scenario, or for each of the arms; the exit code is the worst of them.

    An arm that cannot begin is told, and does not keep the others from it; an interruption does.
    """
    from rushproof.errors import CANNOT_TELL, Interrupted, RushproofError
    from rushproof.run.secret import masked

    if "" in asked:
        return does("", *asked[""])
    codes = []
    for arm, (file, beside) in asked.items():
        print(f"{'═' * 12} arm {arm}")
        try:
            codes.append(does(arm, file, beside))
        except RushproofError as problem:
            print(f"rushproof: arm {arm}: {masked(str(problem))}", file=sys.stderr)
            codes.append(problem.exit_code)
            if isinstance(problem, Interrupted):
                break
        except KeyboardInterrupt:
            print(f"rushproof: arm {arm}: interrupted", file=sys.stderr)
            codes.append(CANNOT_TELL)
            break
    if len(codes) < len(asked):
        codes.append(CANNOT_TELL)
    return worst(codes)


def worst(codes: "Iterable[int]") -> int:
    """The exit code of several."""
    return max(codes, key=_GRAVITY.index)


def arms(text: str) -> tuple[str, ...]:
    """`a,b` as the names of arms, each once."""
    names = tuple(name.strip() for name in text.split(","))
    if not all(names) or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"expected names of arms, each once, such as sqlite,postgres, found {text!r}")
    return names


def _once(labels: list[tuple[str, str]]) -> dict[str, str]:
    from rushproof.errors import InputError

    names = [name for name, _ in labels]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"--label {name}: given {names.count(name)} times, expected once")
    return dict(labels)


def moment(flag: str, text: str | None) -> "Moment | None":
    """The moment that an option says, None where it was not given; InputError where it is none."""
    from rushproof.errors import InputError
    from rushproof.timetable import Moment

    if text is None:
        return None
    try:
        return Moment.read(text)
    except ValueError as problem:
        raise InputError(f"{flag}: {problem}") from None
