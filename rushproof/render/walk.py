"""What `rushproof check` prints: one person's walk, in a hundred columns."""

from collections.abc import Iterable

from rushproof.frame import Exchange
from rushproof.obstacle import Obstacle
from rushproof.quantity import Unit, show
from rushproof.render.grid import WIDTH, Heading, paragraph, table
from rushproof.render.outlook import doubt
from rushproof.render.plain import visible
from rushproof.render.playbill import drill
from rushproof.verdict import Finding
from rushproof.walk import Greeting, LedgerSeen, Walk

_SOON = 14
"""days before a certificate ends from which on it is worth a word"""
_FAR = 2.0
"""seconds of clock offset, beyond its resolution, from which on times of both sides cannot be compared"""
_NOTHING = "nothing: no promising step came out ok; where this person had it already, `--row` walks another"
_LEDGERS: tuple[Heading, ...] = (("ledger", "left"), ("rows", "right"), ("columns", "left"))


def render(walk: Walk) -> bytes:
    """The walk as plain text, UTF-8."""
    sections = (
        _top(walk),
        _obstacles(walk),
        _way(walk),
        _said(walk),
        _acknowledged(walk),
        _ledgers(walk),
        drill(walk.scenario, walk.scenario.timetable.pace(walk.scenario.speed)),
        _broken(walk.broken),
        _notes(walk),
        _doubts(walk),
    )
    return ("\n\n".join(section for section in sections if section) + "\n").encode()


def _top(walk: Walk) -> str:
    if walk.obstacles:
        many = f"{len(walk.obstacles)} things are" if len(walk.obstacles) > 1 else "1 thing is"
        said = f"{many} to be mended before a run"
    else:
        said = "One person was enough to break what must never be" if walk.broken else "Nothing stands in the way of a run"
    return "\n".join([visible(f"{said}."), visible(f"Check of {walk.scenario.name}: {walk.scenario.about}"), "═" * WIDTH, _who(walk)])


def _who(walk: Walk) -> str:
    lines = [paragraph(f"{name}: {who}", hang="  ") for name, who in walk.people.items()]
    users = [name for name, crowd in walk.scenario.crowds.items() if crowd.users is not None]
    if walk.at is not None and walk.people:
        lines.append(paragraph(f"came at {walk.scenario.timetable.clock(walk.at)} of the scenario, and did not wait where people think"))
    if walk.at is not None:
        lines += [paragraph(f"{name}: one ordinary Locust user, for a second; what it says is not shown") for name in users]
    hooks = len(walk.scenario.before) + len(walk.scenario.after)
    if hooks:
        were = "commands of `before` and `after` were" if hooks > 1 else "command of `before` and `after` was"
        lines.append(paragraph(f"{hooks} {were} not run: they change data, and a check changes only what its person asks for", hang="  "))
    return "\n".join(lines or [paragraph("nobody came so far")])


def _obstacles(walk: Walk) -> str:
    if not walk.obstacles:
        return ""
    return "\n".join(["To be mended", *(line for one in walk.obstacles for line in _obstacle(one))])


def _obstacle(one: Obstacle) -> Iterable[str]:
    yield paragraph(one.where)
    for word, said in (("came", one.came), ("expected", one.expected), ("do", one.advice)):
        yield paragraph(f"{word:9} {said}", indent="    ", hang=" " * 10)


def _way(walk: Walk) -> str:
    met = walk.greeting
    if met is None:
        return ""
    through = f" through the proxy {met.proxy}" if met.proxy else ""
    lines = [f"{met.url} at {met.address}{through}, {met.tls or 'plain HTTP'}; asked whether it is ready: {met.answered}"]
    lines += [_certificate(met)] if met.tls else []
    lines.append(_offset(met))
    protocols = ", ".join(dict.fromkeys(one.protocol for one in walk.exchanges if one.protocol))
    lines += [f"the load spoke {protocols}"] if protocols else []
    if walk.clock is not None:
        off = walk.clock.off
        shown = (
            "it does not say what it shows" if off is None else f"it is {show(abs(off), Unit.SECONDS)} {'ahead' if off > 0 else 'behind'}"
        )
        lines.append(f"its clock was set at {walk.clock.path}, and {shown}")
    return "\n".join(["The way there", *(paragraph(line, hang="  ") for line in lines)])


def _certificate(met: Greeting) -> str:
    if met.days is None:
        return "its certificate was not looked at (`verify: false`)"
    soon = "; RENEW IT SOON" if met.days < _SOON else ""
    return (
        f"its certificate is for {met.subject or 'nobody named'}, from {met.issuer or 'nobody named'}, good for {met.days:.0f} days{soon}"
    )


def _offset(met: Greeting) -> str:
    if met.offset is None:
        return "it tells no Date, so that its wall clock is not known"
    side = "ahead of" if met.offset > 0 else "behind"
    far = "; TOO FAR for times of both sides to be compared" if abs(met.offset) > met.resolution + _FAR else ""
    return f"its wall clock is {show(abs(met.offset), Unit.SECONDS)} {side} this machine's, ± {show(met.resolution, Unit.SECONDS)}{far}"


def _said(walk: Walk) -> str:
    if not walk.exchanges and not walk.counted:
        return ""
    lines = ["What was said, values masked"]
    for one in walk.exchanges:
        lines += _exchange(one)
    for step, counts in walk.counted.items():
        lines.append(paragraph(f"{step}: {', '.join(f'{count:,} {word}' for word, count in counts.items())}", hang="  "))
    return "\n".join(lines)


def _exchange(one: Exchange) -> Iterable[str]:
    answer = str(one.status) if one.status else "no answer"
    yield paragraph(f"{one.crowd} · {one.step}: {one.request}", hang="    ")
    for line in one.sent:
        yield paragraph(line, indent="    > ", hang="  ")
    why = f" ({one.why})" if one.why else ""
    yield paragraph(f"{answer} → {one.outcome}{why}, {show(one.took, Unit.SECONDS)}", indent="    ", hang="  ")
    for line in one.received:
        yield paragraph(line, indent="    < ", hang="  ")
    if one.promised:
        yield paragraph(f"promised: {one.promised}", indent="    ", hang="  ")


def _acknowledged(walk: Walk) -> str:
    if walk.at is None:
        return ""
    if not walk.acknowledged:
        return f"Acknowledged\n{paragraph(_NOTHING)}"
    lines = ["Acknowledged"]
    for one in walk.acknowledged:
        found = "; ".join(f"{ledger}: {said}" for ledger, said in one.found.items()) or "there is no ledger of persons to look in"
        lines.append(paragraph(f"{one.crowd} · {one.step}, {one.named}: {found}", hang="  "))
    return "\n".join(lines)


def _ledgers(walk: Walk) -> str:
    if not walk.ledgers:
        return ""
    return "Ledgers\n" + table(_LEDGERS, [_ledger(ledger) for ledger in walk.ledgers], wrap=2)


def _ledger(ledger: LedgerSeen) -> tuple[str, ...]:
    if not ledger.there:
        return (ledger.name, "–", "could not be brought in")
    columns = ", ".join(f"{column} (empty)" if column in ledger.empty else column for column in ledger.columns)
    return (ledger.name, f"{ledger.rows:,}", columns)


def _broken(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return ""
    lines = ["Broken by one person"]
    for finding in findings:
        lines += [paragraph(finding.name), paragraph(finding.sentence, indent=" " * 4)]
        lines += [paragraph(example, indent="    · ", hang="") for example in finding.examples]
    return "\n".join(lines)


def _notes(walk: Walk) -> str:
    """What a run would print as notes, where no obstacle has told it."""
    rest = [note for note in walk.notes if not any(note in one.came for one in walk.obstacles)]
    return "\n".join(["Notes", *(paragraph(note, hang="  ") for note in rest)]) if rest else ""


def _doubts(walk: Walk) -> str:
    if not walk.doubts:
        said = "What a run could tell shows when this is mended." if walk.obstacles else "Each that the scenario claims can be told."
        return f"Findings\n  {said}"
    order = ("unknown", "broken", "thin")
    told = sorted(walk.doubts, key=lambda one: order.index(one.weight))
    return "\n".join(["Findings that a run will not tell, or hardly", *map(doubt, told)])
