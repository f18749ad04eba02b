"""report.md: a comment under a pull request; the verdict and its findings at once, the rest behind folds."""

import re

from rushproof.render import factors
from rushproof.render.certificate import certificate, sentence
from rushproof.render.drill_markdown import drill
from rushproof.render.headline import attention, bound, ending, figures, headline, measured, ordered
from rushproof.render.marked import escape, fold, table
from rushproof.render.steps import Grid, caveats, intents, latencies, samples, unserved
from rushproof.report import Report
from rushproof.verdict import Finding, Status

SIGNS = {Status.PASS: "✅", Status.FAIL: "❌", Status.UNKNOWN: "❔", Status.NOT_CLAIMED: "➖"}


def render(report: Report) -> bytes:
    """The comment, in GitHub's Markdown."""
    manifest = report.manifest
    arm = f" · arm {escape(manifest.arm)}" if manifest.arm else ""
    parts = [
        f"### {SIGNS[report.verdict]} {escape(headline(report))}",
        f"**{escape(manifest.scenario.name)}**{arm} · run {escape(manifest.run)}",
        escape(factors.labels(report)),
        f"{escape(factors.scale(report))} · {escape(factors.speed(report))}",
        f"**{escape(ending(report))}**" if ending(report) else "",
        "\n".join(f"- **{escape(each.value)}** {escape(each.label)} ({escape(each.note)})" for each in figures(report)),
        _attention(report),
        drill(report),
        _findings(report),
        fold("Visits and steps", _steps(report)),
        fold("Generator", _generator(report)),
        fold("Factors, and how to run it again", _factors(report)),
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8", "replace")


def _attention(report: Report) -> str:
    lines = []
    for finding in attention(report):
        lines.append(f"- {SIGNS[finding.status]} **{escape(finding.name)}**: {escape(finding.sentence)}")
        lines += [f"  - {escape(example)}" for example in finding.examples]
    return "\n".join(lines)


def _findings(report: Report) -> str:
    if not report.findings:
        return "Nothing was claimed, so nothing was judged."
    rows = [_finding(finding) for finding in ordered(report.findings)]
    compressed = any(finding.compressed for finding in report.findings)
    note = "\n\n\\* compressed: taken at a speed other than 1; see Factors." if compressed else ""
    return table(("", "finding", "kind"), ("measured", "bound", "looked at"), rows) + note


def _finding(finding: Finding) -> tuple[str, ...]:
    star = "\\*" if finding.compressed else ""
    words = (f"{SIGNS[finding.status]} {finding.status.value}", escape(finding.name), finding.kind.value)
    return (*words, escape(measured(finding)) + star, escape(bound(finding)), f"{finding.n:,}")


def _steps(report: Report) -> str:
    counts = report.counts
    visits = (
        f"{counts.offered:,} visits offered = {counts.finished:,} finished + {counts.unfinished:,} unfinished "
        f"+ {counts.missed:,} missed + {counts.lost:,} lost"
    )
    grids = [grid for grid in (samples(report), intents(report), latencies(report), unserved(report)) if grid.rows]
    return "\n\n".join([visits, *map(_grid, grids), *map(escape, caveats(report))])


def _generator(report: Report) -> str:
    rows = [(row.name, row.value, row.threshold) for row in certificate(report)]
    return f"{escape(sentence(report))}\n\n" + table(("", "reading", "tainted when"), (), [tuple(map(escape, row)) for row in rows])


def _factors(report: Report) -> str:
    facts = (
        factors.span(report), factors.rates(report), factors.warm_up(report), factors.people(report), *factors.caveats(report),
    )  # fmt: skip
    code = factors.again(report).replace("\n", " ")
    fence = "`" * (max(map(len, re.findall("`+", code)), default=0) + 3)
    return "\n".join(f"- {escape(fact)}" for fact in facts if fact) + f"\n\n{fence}\n{code}\n{fence}"


def _grid(grid: Grid) -> str:
    return table(grid.words, grid.figures, [tuple(map(escape, row)) for row in grid.rows])
