"""What the answers of a step come to: its mapping, rules or function, compiled once, before the default rules have their say."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from rushproof.field import text_reader
from rushproof.plan import PromiseSpec, StepSpec
from rushproof.rule import Rule, Statuses
from rushproof.sample import OUTCOMES, Outcome, default_outcome
from rushproof.seams import Answer, Promise, Step

Function = Callable[[Answer], Outcome | None]

_STATUSES = range(100, 600)
_NEVER_SAID = (Outcome.UNFINISHED, Outcome.MISSED)


class Said(NamedTuple):
    """What an answer came to (None: nobody knows), who said so, and what went wrong with a function."""

    outcome: Outcome | None
    why: str
    problem: str = ""


class Ruled(msgspec.Struct, frozen=True):
    """A persona's function with a scenario's rules in front of it."""

    rules: tuple[Rule, ...]
    function: Function

    def __call__(self, answer: Answer) -> Outcome | None:
        """What the function alone says."""
        return self.function(answer)


class _Test(NamedTuple):
    """A rule, ready to be tried."""

    outcome: Outcome
    statuses: frozenset[int] | None
    headers: tuple[tuple[str, frozenset[str]], ...]
    body: tuple[tuple[str, frozenset[str]], ...]
    why: str

    def looks_at(self, status: int) -> bool:
        return self.statuses is None or status in self.statuses


class Meaning:
    """`said(answer, write)` of every answer that `known` does not settle.

    `known` is by status: what hangs on nothing else.  `fields` and `headers` are what rules look at, so that it may be shown.
    """

    def __init__(self, outcomes: "Mapping[int, Outcome] | tuple[Rule, ...] | Function") -> None:
        rules: tuple[Rule, ...] = ()
        self._function: Function | None = None
        self.known: dict[int, Outcome] = {}
        if isinstance(outcomes, Ruled):
            rules, self._function = outcomes.rules, outcomes.function
        elif isinstance(outcomes, Mapping):
            self.known = dict(outcomes)
        elif isinstance(outcomes, tuple):
            rules = outcomes
        else:
            self._function = outcomes
        self._tests = tuple(_compiled(rule, nth) for nth, rule in enumerate(rules, 1))
        self._of_status: dict[int, tuple[_Test, ...]] = {}
        """the rules that look at a status, as they are met"""
        self._readers = {path: text_reader(path) for test in self._tests for path, _ in test.body}
        self.fields = frozenset(self._readers)
        self.headers = frozenset(name for test in self._tests for name, _ in test.headers)
        self._looks_inside = bool(self.fields or self.headers)
        for status in _STATUSES if self._tests else ():
            test = next((test for test in self._tests if test.looks_at(status)), None)
            if test is not None and not test.headers and not test.body:
                self.known[status] = test.outcome

    def by_status(self, status: int) -> bool:
        """Whether all answers of this status come to the same, so that it need not be asked again."""
        inside = self._looks_inside and 200 <= status < 300
        return self._function is None and not inside and not any(test.looks_at(status) for test in self._tests)

    def said(self, answer: Answer, *, write: bool, asked_to_wait: bool) -> Said:
        """What it came to, and who said so.

        Where rules look into bodies or headers, a 2xx answer that fits none of them is nobody's: a refusal inside HTTP 200 must not
        pass for `ok`.
        """
        test = self._fitting(answer)
        if test is not None:
            return Said(test.outcome, test.why)
        if self._function is not None:
            return self._told(self._function, answer)
        if answer.status in self.known:
            return Said(self.known[answer.status], f"the step says so of {answer.status}")
        if self._looks_inside and 200 <= answer.status < 300:
            return Said(None, "no rule fits")
        return Said(default_outcome(answer.status, write=write, retry_after=asked_to_wait), f"by default, of {answer.status}")

    def _fitting(self, answer: Answer) -> _Test | None:
        tests = self._of_status.get(answer.status)
        if tests is None:
            tests = self._of_status[answer.status] = tuple(test for test in self._tests if test.looks_at(answer.status))
        read: dict[str, str | None] = {}
        for test in tests:  # plain loops: with rules over bodies every answer comes through here
            for name, values in test.headers:
                if answer.headers.get(name) not in values:
                    break
            else:
                for path, values in test.body:
                    if path not in read:
                        read[path] = self._readers[path](answer.body)
                    if read[path] not in values:
                        break
                else:
                    return test
        return None

    @staticmethod
    def _told(function: Function, answer: Answer) -> Said:
        try:
            told: Any = function(answer)
        except Exception as error:  # a slip in it must not stop the visits
            return Said(None, f"the step's function raised {type(error).__name__}", f"raised {type(error).__name__}")
        outcome = OUTCOMES.get(told) if isinstance(told, str) else told
        if isinstance(outcome, Outcome) and outcome not in _NEVER_SAID:
            return Said(outcome, "the step's function says so")
        return Said(None, "the step's function does not know it", "" if told is None else f"gave a {type(told).__name__}, not an outcome")


def with_spec(step: Step, spec: StepSpec) -> Step:
    """A persona's step with a scenario's words in it; the scenario's rules come first."""
    return Step(
        promises=step.promises if spec.promises is None else _promise(step.promises, spec.promises),
        outcomes=step.outcomes if spec.outcomes is None else _before(spec.outcomes, step.outcomes),
        again=step.again if spec.again is None else frozenset(OUTCOMES[word] for word in spec.again),
        gap=step.gap if spec.gap is None else float(spec.gap),
        timeout=step.timeout if spec.timeout is None else float(spec.timeout),
    )


def _promise(own: Promise | None, spec: PromiseSpec) -> Promise:
    said = {name: value for name, value in msgspec.structs.asdict(spec).items() if value is not None}
    return msgspec.structs.replace(own or Promise(said.get("kind", "promise")), **said)


def _before(rules: tuple[Rule, ...], own: "Mapping[int, Outcome] | tuple[Rule, ...] | Function") -> "tuple[Rule, ...] | Ruled":
    if isinstance(own, Ruled):
        return Ruled((*rules, *own.rules), own.function)
    if isinstance(own, Mapping):
        return (*rules, *(_of_status(status, outcome) for status, outcome in own.items()))
    return (*rules, *own) if isinstance(own, tuple) else Ruled(rules, own)


def _of_status(status: int, outcome: Outcome) -> Rule:
    return Rule(outcome.word, Statuses.read(str(status)))  # type: ignore[arg-type]  # a step maps to what an answer can come to


def _compiled(rule: Rule, nth: int) -> _Test:
    headers = tuple((name.lower(), _values(value)) for name, value in rule.headers.items())
    body = tuple((path, _values(value)) for path, value in rule.body.items())
    looks = [f"status {rule.status}"] if rule.status is not None else []
    looks += [f"{name}: {'|'.join(sorted(values))}" for name, values in (*headers, *body)]
    statuses = None if rule.status is None else Statuses.read(str(rule.status)).known
    return _Test(OUTCOMES[rule.outcome], statuses, headers, body, f"rule {nth} ({', '.join(looks) or 'any answer'})")


def _values(value: Any) -> frozenset[str]:
    """The texts a field may be; what a persona wrote as Python's own values is taken as YAML would write it."""
    values = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return frozenset(one if isinstance(one, str) else msgspec.json.encode(one).decode() for one in values)
