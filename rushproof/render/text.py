"""report.txt and the terminal's last page: the verdict, what to look at, then everything else, in a hundred columns."""

from collections.abc import Iterable

from rushproof.quantity import Unit, show
from rushproof.render import factors
from rushproof.render.certificate import certificate, sentence
from rushproof.render.grid import WIDTH, Heading, paragraph, table, visible
from rushproof.render.headline import attention, bound, ending, figures, headline, measured, ordered, quantiles, step_key
from rushproof.report import Report, StepReport
from rushproof.sample import OUTCOMES
from rushproof.verdict import Finding

_DISTRIBUTIONS = ("response", "service", "wait", "lag", "intent", "stretch")


def render(report: Report) -> bytes:
    """The report as plain text, UTF-8."""
    sections = (_top(report), _attention(report), _findings(report), _visits(report), _steps(report), _latencies(report), _foot(report))
    return ("\n\n".join(section for section in sections if section) + "\n").encode()


def _top(report: Report) -> str:
    manifest = report.manifest
    name = manifest.scenario.name + (f" · arm {manifest.arm}" if manifest.arm else "")
    lines = [visible(headline(report)), visible(f"{name} · run {manifest.run}"), "═" * WIDTH]
    if ending(report):
        lines += [paragraph(ending(report), indent=""), ""]
    width = max(len(figure.value) for figure in figures(report))
    lines += [paragraph(f"{figure.value:>{width}}  {figure.label}: {figure.note}", hang=" " * (width + 2)) for figure in figures(report)]
    return "\n".join(lines)


def _attention(report: Report) -> str:
    findings = attention(report)
    if not findings:
        return ""
    lines = ["What to look at"]
    for finding in findings:
        lines.append(paragraph(f"{finding.status.value.upper():8} {finding.name}", hang=" " * 9))
        lines.append(paragraph(finding.sentence, indent=" " * 11))
        lines += [paragraph(example, indent=" " * 11 + "· ", hang="") for example in finding.examples]
    return "\n".join(lines)


def _findings(report: Report) -> str:
    if not report.findings:
        return "Findings\n  none: nothing was claimed"
    headings: tuple[Heading, ...] = (
        ("", "left"),
        ("kind", "left"),
        ("finding", "left"),
        ("measured", "right"),
        ("bound", "right"),
        ("looked at", "right"),
    )
    rows = [_row(finding) for finding in ordered(report.findings)]
    note = "\n" + paragraph("* compressed: see Factors.") if any(finding.compressed for finding in report.findings) else ""
    return "Findings\n" + table(headings, rows, wrap=2) + note


def _row(finding: Finding) -> tuple[str, ...]:
    star = "*" if finding.compressed else ""
    return (finding.status.value, finding.kind.value, finding.name, measured(finding) + star, bound(finding), f"{finding.n:,}")


def _visits(report: Report) -> str:
    counts = report.counts
    return "Visits\n" + paragraph(
        f"{counts.offered:,} offered = {counts.finished:,} finished + {counts.unfinished:,} unfinished + {counts.missed:,} missed "
        f"+ {counts.lost:,} lost"
    )


def _steps(report: Report) -> str:
    if not report.steps:
        return ""
    present = [word for word in OUTCOMES if any(step.counts.get(word) for step in report.steps)]
    headings: tuple[Heading, ...] = (("samples", "left"), ("due", "right"), *_right(present))
    rows = (
        (step_key(report, step), f"{sum(step.counts.values()):,}", *(f"{step.counts.get(word, 0):,}" for word in present))
        for step in report.steps
    )
    return "Steps\n" + table(headings, rows, wrap=0) + _intents(report)


def _intents(report: Report) -> str:
    present = [word for word in OUTCOMES if any(step.intents.get(word) for step in report.steps)]
    if not present:
        return ""
    headings: tuple[Heading, ...] = (("intents", "left"), ("all", "right"), *_right(present))
    rows = (
        (step_key(report, step), f"{sum(step.intents.values()):,}", *(f"{step.intents.get(word, 0):,}" for word in present))
        for step in report.steps
        if step.intents
    )
    return "\n\n" + table(headings, rows, wrap=0)


def _latencies(report: Report) -> str:
    rows = [row for step in report.steps for row in _quantile_rows(step_key(report, step), step)]
    if not rows:
        return ""
    names = ("p50", "p90", "p95", "p99", "p99.9", "max", "n")
    headings: tuple[Heading, ...] = (("samples ok", "left"), ("of", "left"), *_right(names))
    return "Latency, wall time\n" + table(headings, rows, wrap=0)


def _quantile_rows(name: str, step: StepReport) -> Iterable[tuple[str, ...]]:
    for distribution in _DISTRIBUTIONS:
        found = quantiles(step, distribution)
        if found:
            values = (found.p50, found.p90, found.p95, found.p99, found.p999, found.max)
            yield (name, distribution, *(show(value, Unit.SECONDS) for value in values), f"{found.n:,}")
            name = ""


def _right(names: Iterable[str]) -> tuple[Heading, ...]:
    return tuple((name, "right") for name in names)


def _foot(report: Report) -> str:
    manifest = report.manifest
    lines = ["Generator", paragraph(sentence(report))]
    headings: tuple[Heading, ...] = (("", "left"), ("reading", "left"), ("tainted when", "left"))
    lines += ["", table(headings, [(row.name, row.value, row.threshold) for row in certificate(report)], wrap=2), ""]
    lines += ["Factors", *map(paragraph, (factors.span(report), factors.scale(report), factors.speed(report), factors.rates(report)))]
    lines += [paragraph(line, hang="  ") for line in factors.caveats(report)]
    lines += ["", "The same again", f"  {visible(factors.again(report))}", paragraph(factors.people(report))]
    if manifest.notes:
        lines += ["", "Notes", *(paragraph(note, hang="  ") for note in manifest.notes)]
    machine = manifest.machine
    versions = " · ".join(f"{name} {version}" for name, version in sorted(manifest.versions.items()))
    lines += ["", "Made with", paragraph(versions or "versions unknown")]
    lines += [paragraph(f"{machine.system} · Python {machine.python} · {machine.cores} cores · {machine.memory / 2**30:.1f} GiB")]
    return "\n".join(lines)
