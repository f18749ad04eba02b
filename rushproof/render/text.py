"""report.txt and the terminal's last page: the verdict, what to look at, then everything else, in a hundred columns."""

from collections.abc import Iterable

from rushproof.render import factors
from rushproof.render.certificate import certificate, sentence
from rushproof.render.drill import drill
from rushproof.render.grid import WIDTH, Heading, paragraph, table
from rushproof.render.headline import attention, bound, ending, figures, headline, measured, ordered
from rushproof.render.plain import visible
from rushproof.render.steps import Grid, caveats, intents, latencies, samples, unserved
from rushproof.report import Report
from rushproof.verdict import Finding


def render(report: Report) -> bytes:
    """The report as plain text, UTF-8."""
    sections = (
        _top(report), _attention(report), drill(report), _findings(report), _visits(report), _steps(report), _latencies(report),
        _foot(report),
    )  # fmt: skip
    return ("\n\n".join(section for section in sections if section) + "\n").encode()


def _top(report: Report) -> str:
    manifest = report.manifest
    name = manifest.scenario.name + (f" · arm {manifest.arm}" if manifest.arm else "")
    lines = [visible(headline(report)), visible(f"{name} · run {manifest.run}")]
    lines += [paragraph(factors.labels(report), indent="")] if manifest.labels else []
    lines += ["═" * WIDTH]
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
    grids = [grid for grid in (samples(report), intents(report)) if grid.rows]
    return "Steps\n" + "\n\n".join(map(_grid, grids)) if grids else ""


def _latencies(report: Report) -> str:
    grids = [grid for grid in (latencies(report), unserved(report)) if grid.rows]
    notes = "\n".join(paragraph(line, hang="  ") for line in caveats(report))
    return "Latency, wall time\n" + "\n\n".join([*map(_grid, grids), notes]) if grids else ""


def _grid(grid: Grid) -> str:
    headings: list[Heading] = [(word, "left") for word in grid.words]
    return table([*headings, *_right(grid.figures)], grid.rows, wrap=0)


def _right(names: Iterable[str]) -> tuple[Heading, ...]:
    return tuple((name, "right") for name in names)


def _foot(report: Report) -> str:
    manifest = report.manifest
    lines = ["Generator", paragraph(sentence(report))]
    headings: tuple[Heading, ...] = (("", "left"), ("reading", "left"), ("tainted when", "left"))
    lines += ["", table(headings, [(row.name, row.value, row.threshold) for row in certificate(report)], wrap=2), ""]
    facts = (
        factors.span(report), factors.scale(report), factors.speed(report), factors.rates(report), factors.warm_up(report),
        factors.beside(manifest.scenario),
    )  # fmt: skip
    lines += ["Factors", *map(paragraph, filter(None, facts))]
    lines += [paragraph(line, hang="  ") for line in factors.caveats(report)]
    lines += [
        "",
        "The same again",
        f"  {visible(factors.again(report))}",
        paragraph(factors.promise(report)),
        paragraph(factors.people(report)),
    ]
    if manifest.notes:
        lines += ["", "Notes", *(paragraph(note, hang="  ") for note in manifest.notes)]
    machine = manifest.machine
    versions = " · ".join(f"{name} {version}" for name, version in sorted(manifest.versions.items()))
    lines += ["", "Made with", paragraph(versions or "versions unknown")]
    lines += [paragraph(f"{machine.system} · Python {machine.python} · {machine.cores} cores · {machine.memory / 2**30:.1f} GiB")]
    return "\n".join(lines)
