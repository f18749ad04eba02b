"""report.html: one file, no network, nothing of a scenario taken for markup, and every picture told as a table too."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

import msgspec

from rushproof.render.html import render
from rushproof.report import Report
from tests.render.conftest import drilled

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """The page taken apart: elements with their attributes, text by element, and whether every element was closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def page(report: Report) -> Page:
    return Page(render(report).decode())


def test_the_page_needs_nothing_but_itself(case: tuple[str, Report]) -> None:
    html = render(case[1]).decode()

    assert not {"script", "link", "img", "iframe", "object"} & page(case[1]).tags()
    assert not re.search(r"https?://(?!127\.0\.0\.1)|@import|url\((?!#)", html)
    assert not [name for _, attributes in page(case[1]).elements for name in attributes if name in ("src", "href") or name.startswith("on")]


def test_names_of_a_scenario_stay_text(reports: Mapping[str, Report]) -> None:
    found = page(reports["many_steps"])

    assert '<b>"Tom\'s" & co</b> ]]>  [31m 预约' in found.texts["b"]
    assert "\x1b" not in render(reports["many_steps"]).decode()


def test_a_hostile_name_opens_no_element_anywhere(reports: Mapping[str, Report]) -> None:
    hostile = "</style></title><script>alert(1)</script><svg onload=x>"
    report = reports["fail"]
    scenario = msgspec.structs.replace(report.manifest.scenario, name=hostile, about=hostile)
    manifest = msgspec.structs.replace(
        report.manifest, scenario=scenario, run=hostile, arm=hostile, why=hostile, notes=(hostile,), labels={hostile: hostile},
        versions={hostile: hostile},
    )  # fmt: skip
    steps = tuple(msgspec.structs.replace(step, step=hostile) for step in report.steps)
    findings = tuple(msgspec.structs.replace(each, name=hostile, sentence=hostile, examples=(hostile,)) for each in report.findings)
    outcomes = {hostile: report.timeline.outcomes["ok"]}
    timeline = msgspec.structs.replace(report.timeline, outcomes=outcomes, clock=(hostile,) * len(report.timeline.clock))

    found = page(msgspec.structs.replace(report, manifest=manifest, steps=steps, findings=findings, timeline=timeline))

    assert "script" not in found.tags()
    assert not [attributes for _, attributes in found.elements if "onload" in attributes]


def test_every_picture_has_a_name_and_a_table_under_it(reports: Mapping[str, Report]) -> None:
    found = page(reports["unknown"])
    pictures = [attributes for tag, attributes in found.elements if tag == "svg"]

    assert len(pictures) == 4
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in pictures)
    assert [tag for tag, _ in found.elements if tag in ("figure", "svg", "table", "details")].count("details") == 4


def test_every_table_has_a_caption_and_headings(case: tuple[str, Report]) -> None:
    html = render(case[1]).decode()

    for table in re.findall(r"<table.*?</table>", html):
        assert "<caption>" in table
        assert 'scope="col"' in table
        assert 'scope="row' in table


def test_tainted_seconds_are_hatched_and_told(reports: Mapping[str, Report]) -> None:
    bands = [attributes for _, attributes in page(reports["unknown"]).elements if attributes.get("class") == "taint"]

    # seconds 3 to 6 and 20, in each of four pictures
    assert len(bands) == 8
    assert "taint" not in {attributes.get("class") for _, attributes in page(reports["pass"]).elements}
    assert "Hatched: tainted" in render(reports["unknown"]).decode()


def test_a_long_run_makes_no_long_page(reports: Mapping[str, Report]) -> None:
    assert len(render(reports["many_steps"])) < 300_000


def test_the_verdict_is_a_word_and_not_only_a_colour(case: tuple[str, Report]) -> None:
    html = render(case[1]).decode()

    assert re.search(r"<h1><span class=\"verdict \w+\"><i aria-hidden=\"true\">.</i>(Pass|Fail|Unknown)</span>", html)
    assert html.index("<h1>") < html.index("<h2>")


def test_light_dark_and_paper_are_seen_to(reports: Mapping[str, Report]) -> None:
    html = render(reports["pass"]).decode()

    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_names_in_a_picture_run_into_no_other() -> None:
    report = drilled()
    assert report.recovery is not None
    (fault,) = report.recovery.faults
    near = tuple(
        msgspec.structs.replace(fault, fault=f"flap {nth}", injected=(15.0 + nth, 15.0 + nth), mended=(15.5 + nth, 15.5 + nth))
        for nth in range(8)
    )
    html = render(msgspec.structs.replace(report, recovery=msgspec.structs.replace(report.recovery, faults=near))).decode()

    for picture in re.findall(r"<svg.*?</svg>", html):
        found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="name[^"]*">([^<]*)<', picture)
        assert {name for _, _, name in found} >= {one.fault for one in near}
        for line in {y for _, y, _ in found}:
            ends = 0.0
            for x, name in sorted((float(x), name) for x, y, name in found if y == line):
                assert x > ends, name
                ends = x + 6 * len(name)
