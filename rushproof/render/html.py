"""report.html: one page that needs nothing but itself, for whoever decides and for whoever digs."""

import datetime as dt
from importlib.resources import files
from xml.etree import ElementTree as ET

from rushproof.render import factors
from rushproof.render.certificate import certificate, sentence, vouches
from rushproof.render.drill_html import drill
from rushproof.render.headline import attention, bound, ending, figures, headline, measured, ordered
from rushproof.render.markup import Node, add, h, page, table
from rushproof.render.pictures import pictures
from rushproof.render.steps import DISTRIBUTIONS, Grid, caveats, intents, latencies, samples, unserved
from rushproof.report import Report
from rushproof.verdict import Finding, Status

SIGNS = {Status.PASS: "✓", Status.FAIL: "✕", Status.UNKNOWN: "?", Status.NOT_CLAIMED: "–"}
"""Beside the colour, for those who do not see it and for grey paper."""


def render(report: Report) -> bytes:
    """The page as UTF-8."""
    sheets = ["page.css", *(["drill.css"] if report.recovery is not None else [])]
    style = "".join(files("rushproof.render").joinpath(sheet).read_text("utf-8") for sheet in sheets)
    sections = (
        *drill(report), _findings(report), _steps(report), _timeline(report), _generator(report), _factors(report), _again(report),
        _made_with(report),
    )  # fmt: skip
    title = f"{report.verdict.value}: {report.manifest.scenario.name}"
    return page(title, style, h("main", _top(report), *sections))


def _top(report: Report) -> ET.Element:
    manifest = report.manifest
    started = dt.datetime.fromtimestamp(manifest.start, dt.UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    eyebrow: list[Node] = [h("b", manifest.scenario.name), f"run {manifest.run}", started]
    if manifest.arm:
        eyebrow.insert(1, f"arm {manifest.arm}")
    if manifest.labels:
        eyebrow.append(factors.labels(report))
    word, rest = headline(report).split(": ", 1)
    sign = h("i", SIGNS[report.verdict], aria_hidden="true")
    top = h(
        "header",
        h("p", *(h("span", part) for part in eyebrow), class_="eyebrow"),
        h("h1", h("span", sign, word, class_=f"verdict {named(report.verdict)}"), " ", rest[:1].upper() + rest[1:]),
    )
    if manifest.scenario.about:
        top.append(h("p", manifest.scenario.about, class_="muted"))
    if ending(report):
        top.append(h("p", ending(report), class_="warning"))
    top.append(h("dl", *(figure(each.value, each.label, each.note) for each in figures(report)), class_="headline"))
    if attention(report):
        top.append(h("section", h("h2", "What to look at"), h("ul", *map(_attention, attention(report)), class_="attention")))
    return top


def figure(value: str, label: str, note: str) -> ET.Element:
    """One of the figures under the headline, for its `dl`."""
    return h("div", h("dt", label), h("dd", value, class_="value"), h("dd", note, class_="muted"))


def _attention(finding: Finding) -> ET.Element:
    item = h("li", badge(finding.status), h("b", finding.name), h("p", finding.sentence), class_=named(finding.status))
    if finding.examples:
        item.append(h("ul", *(h("li", h("code", example)) for example in finding.examples)))
    return item


def _findings(report: Report) -> ET.Element:
    section = h("section", h("h2", "Findings"))
    if not report.findings:
        add(section, (h("p", "Nothing was claimed, so nothing was judged.", class_="muted"),))
        return section
    rows = [_finding(finding) for finding in ordered(report.findings)]
    headings = ("verdict", "finding", "kind", "measured", "bound", "looked at")
    section.append(table("Each limit, invariant and health check, and how much it looked at", headings, rows, 3, "findings"))
    if any(finding.compressed for finding in report.findings):
        section.append(h("p", "compressed: taken at a speed other than 1; how far it carries over stands under Factors.", class_="muted"))
    return section


def _finding(finding: Finding) -> tuple[Node, ...]:
    shown = h("span", measured(finding), *([h("small", "compressed")] if finding.compressed else []))
    name = h("div", h("b", finding.name), h("p", finding.sentence))
    return badge(finding.status), name, finding.kind.value, shown, bound(finding), f"{finding.n:,}"


def badge(status: Status) -> ET.Element:
    """The status as a word with its sign."""
    return h("span", h("i", SIGNS[status], aria_hidden="true"), status.value, class_=f"badge {named(status)}")


def named(status: Status) -> str:
    """The status as a class of the style sheet."""
    return status.value.replace(" ", "-")


def _steps(report: Report) -> ET.Element:
    counts = report.counts
    visits = h(
        "p", h("b", f"{counts.offered:,}"), " visits offered = ", h("b", f"{counts.finished:,}"), " finished + ",
        h("b", f"{counts.unfinished:,}"), " unfinished + ", h("b", f"{counts.missed:,}"), " missed + ", h("b", f"{counts.lost:,}"), " lost",
    )  # fmt: skip
    section = h("section", h("h2", "Visits and steps"), visits)
    grids = (
        ("Samples: every request due, by what it came to", samples(report)),
        ("Intents: what persons ended up with, tries put together", intents(report)),
        ("How long samples that came out ok took, wall time", latencies(report)),
        ("Response of the others, wall time", unserved(report)),
    )
    for caption, grid in grids:
        if grid.rows:
            section.append(_grid(caption, grid))
    meanings = [f"{name}: {meaning}" for name, meaning in DISTRIBUTIONS.items()]
    section.append(h("p", "; ".join(meanings) + ".", class_="muted"))
    add(section, (h("p", line, class_="muted") for line in caveats(report)))
    return section


def _grid(caption: str, grid: Grid) -> ET.Element:
    return table(caption, (*grid.words, *grid.figures), grid.rows, len(grid.words), "grouped" if len(grid.words) > 1 else "")


def _timeline(report: Report) -> ET.Element:
    shown = pictures(report) or (h("p", "Nothing was recorded, so there is nothing to draw.", class_="muted"),)
    return h("section", h("h2", "Timeline"), *shown, class_="timeline")


def _generator(report: Report) -> ET.Element:
    status = Status.PASS if vouches(report) else Status.UNKNOWN
    mark = h("i", SIGNS[status], aria_hidden="true")
    rows = [(row.name, row.value, row.threshold) for row in certificate(report)]
    return h(
        "section",
        h("h2", "The generator's certificate"),
        h("p", mark, sentence(report), class_=f"certificate {named(status)}"),
        table("What the generator read of itself", ("", "reading", "tainted when"), rows, 3),
    )


def _factors(report: Report) -> ET.Element:
    rows = (
        ("timetable", factors.span(report)), ("people", factors.scale(report)), ("time", factors.speed(report)),
        ("rates", factors.rates(report)), *([("warm-up", factors.warm_up(report))] if factors.warm_up(report) else []),
        ("persons", factors.people(report)),
        *([("processes", factors.beside(report.manifest.scenario))] if factors.beside(report.manifest.scenario) else []),
    )  # fmt: skip
    caveats = [h("p", line) for line in factors.caveats(report)]
    return h("section", h("h2", "Factors"), table("What scale and speed did to the figures", ("factor", "value"), rows, 2), *caveats)


def _again(report: Report) -> ET.Element:
    why = "The same persons come at the same due times."
    section = h(
        "section", h("h2", "How to run it again"), h("pre", h("code", factors.again(report)), tabindex="0"), h("p", why, class_="muted")
    )
    if report.manifest.notes:
        add(section, (h("h3", "Notes of the run"), h("ul", *(h("li", note) for note in report.manifest.notes))))
    return section


def _made_with(report: Report) -> ET.Element:
    manifest = report.manifest
    machine = manifest.machine
    rows = [
        *sorted(manifest.versions.items()),
        ("machine", f"{machine.system}, {machine.cores} cores, {machine.memory / 2**30:.1f} GiB, Python {machine.python}"),
        *((f"label {name}", value) for name, value in sorted(manifest.labels.items())),
    ]
    return h("section", h("h2", "Versions and machine"), table("What it was made with", ("what", "which"), rows, 2))
