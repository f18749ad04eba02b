"""What has to be mended before a run: where, what came, what was expected, and what to do; told from one person's walk."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from rushproof.errors import nearest
from rushproof.frame import Exchange
from rushproof.plan import StepSpec
from rushproof.scenario import Scenario

WRONG = ("error", "doubt", "unfinished", "missed")
"""outcomes that nobody can want of one person"""
_AUTH = (401, 403, 407)
_TOKEN = re.compile(
    r"\b40[13]\d{0,2}\b|token|expire|unauthor|unauthenticated|forbidden|jwt|signature|log.?in|sign.?in|credential", re.IGNORECASE
)
"""what an answer holds that lets nobody in, inside HTTP 200 as well"""
_LACKING = re.compile(r"no field (\S+?)( was sent| in what the visit told)?(?=,|$)")
_BY_DEFAULT = ("sequence", "round")
_LET_IN = "an answer that lets the person in"
_UNMAPPED = re.compile(r"no rule fits|does not know|no rule knows|^by default, of [13]\d\d|the step's function (raised|gave)")


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in the way of a run."""

    where: str
    """a step (`buyers · take`), a ledger, the way to the target"""
    came: str
    expected: str
    advice: str


def obstacles(scenario: Scenario, exchanges: Sequence[Exchange]) -> Iterator[Obstacle]:
    """What the exchanges of one person in each crowd show; a try that went wrong counts unless a later one of its step went well."""
    for crowd in dict.fromkeys(exchange.crowd for exchange in exchanges):
        mine = [exchange for exchange in exchanges if exchange.crowd == crowd]
        for step in dict.fromkeys(exchange.step for exchange in mine):
            tries = [exchange for exchange in mine if exchange.step == step]
            wrong = list(_went_wrong(scenario, tries, first=step == mine[0].step))
            yield from wrong
            if any(one.expected == _LET_IN for one in wrong):
                break  # whoever was not let in goes wrong everywhere
            yield from _unnamed(tries)
            spec = scenario.crowds[crowd].steps.get(step) if crowd in scenario.crowds else None
            if spec is not None:
                yield from _unread(spec, tries)


def _went_wrong(scenario: Scenario, tries: Sequence[Exchange], *, first: bool) -> Iterator[Obstacle]:
    last = tries[-1]
    unmapped = next((one for one in tries if _UNMAPPED.search(one.why)), None)
    shut_out = first and last.outcome in ("blocked", "refused") and _of_auth(last)
    if not (last.outcome in WRONG or unmapped or shut_out):
        return
    one = unmapped or last
    if not one.status:
        expected, advice = "an answer", "look at the address, the port and `target.transport`; a step's `timeout` says how long is waited"
    elif first and _of_auth(one):
        expected = _LET_IN
        advice = _who(scenario)
    elif unmapped:
        expected = "an answer that a rule of the step knows"
        advice = (
            f"add a line for it to `crowds.{one.crowd}.steps.{one.step}.outcomes`, or to the persona's step{_or_token(scenario, first)}"
        )
    else:
        expected = "an outcome other than error and doubt"
        advice = "look at the request and at the target's log; if it was a proper no, say so in the step's `outcomes`"
        advice += _or_token(scenario, first)
    yield Obstacle(where=_where(one), came=came(one), expected=expected, advice=advice)


def _or_token(scenario: Scenario, first: bool) -> str:
    return "; or have the tokens of `persons` ended?" if first and scenario.persons and scenario.persons.token else ""


def _of_auth(exchange: Exchange) -> bool:
    """Whether it looks as if the person was not let in."""
    return exchange.status in _AUTH or exchange.outcome == "blocked" or _TOKEN.search(_body(exchange.received)) is not None


def _who(scenario: Scenario) -> str:
    spec = scenario.persons
    if spec is None:
        return "the persona sends nothing that lets it in: give `persons:` with tokens, or `target.transport.headers`"
    if spec.signer:
        return f"look at the signer {spec.signer}: is its token for this target, and does `expires` say when it ends?"
    if spec.token:
        return f"look at the column {spec.token} of {spec.file}: have its tokens ended? `signer` gives new ones"
    return f"{spec.file} has no `token`: name its column, or a `signer`"


def _unnamed(tries: Sequence[Exchange]) -> Iterator[Obstacle]:
    """Fields that the promise names and that an ok answer, or what was sent, did not hold; what a promise has by default may be absent."""
    kept = next((one for one in tries if one.outcome == "ok" and one.promised), None)
    lacking = dict(_LACKING.findall(kept.promised)) if kept is not None else {}
    for field, sent in lacking.items():
        if kept is not None and field not in _BY_DEFAULT:
            asked = sent == " was sent"
            lines = kept.sent if asked else kept.received
            place = f"crowds.{kept.crowd}.steps.{kept.step}.promises"
            yield _absent(kept, (field,), dict.fromkeys(paths(_body(lines))), place, sent=asked)


def _unread(spec: StepSpec, tries: Sequence[Exchange]) -> Iterator[Obstacle]:
    """Fields that the scenario names and that no answer of the step held."""
    answered = [one for one in tries if one.status]
    there = dict.fromkeys(path for one in answered for path in paths(_body(one.received)))
    looked = dict.fromkeys(path for rule in spec.outcomes or () for path in rule.body)
    if answered and looked and not any(path in there for path in looked):
        place = f"crowds.{tries[0].crowd}.steps.{tries[0].step}.outcomes"
        yield _absent(answered[0], tuple(looked), there, place)


def _absent(one: Exchange, wanted: Sequence[str], there: Mapping[str, None], place: str, *, sent: bool = False) -> Obstacle:
    top = [path for path in there if "." not in path]
    held = f"a body with {', '.join(top)}" if top else "a body without a field"
    hint = next((said for path in wanted if "did you mean" in (said := nearest(path, there))), "")
    return Obstacle(
        where=_where(one),
        came=f"{one.status}, {held}" if not sent else f"it sent {held}",
        expected=f"the field {' or '.join(wanted)}",
        advice=f"mend `{place}`, or the persona's step{hint}",
    )


def paths(body: str) -> tuple[str, ...]:
    """The dotted paths of a masked JSON body, in its order; nothing where it is none."""
    plain = re.sub(r"…\s\d+ more", "null", body)
    plain = re.sub(r"\{…\}", "{}", re.sub(r"\[…\]", "[]", plain))
    plain = re.sub(r", …(?=[}\]])", "", plain)
    plain = re.sub(r'(?<!")…(?!")', "null", plain)
    try:
        return tuple(_paths(msgspec.json.decode(plain.encode()), ""))
    except msgspec.DecodeError:
        return tuple(re.findall(r'"([^"…]+)":', body))  # cut off in its middle: at least the names


def _paths(value: Any, path: str) -> Iterator[str]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        here = f"{path}.{name}" if path else str(name)
        yield here
        yield from _paths(inner, here)


def _body(received: Sequence[str]) -> str:
    """The body among the lines that came: the last one, where it is JSON."""
    return received[-1] if received and received[-1][:1] in ("{", "[") else ""


def came(one: Exchange) -> str:
    """What came, in few words: `200 → error (rule 2)` with the masked body."""
    answer = str(one.status) if one.status else "no answer"
    body = _body(one.received)
    return f"{answer} → {one.outcome}{f' ({one.why})' if one.why else ''}{f': {body[:160]}' if body else ''}"


def _where(one: Exchange) -> str:
    return f"{one.crowd} · {one.step}"
