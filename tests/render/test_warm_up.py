"""A warm-up and labels are said in every report, and in none where there are none."""

import re
from collections.abc import Mapping

import msgspec

from rushproof.quantity import Duration
from rushproof.render import RENDERERS
from rushproof.report import Report

PEOPLE = ("report.txt", "report.md", "report.html")
SHADE = re.compile(r'<rect[^>]*class="warm-up"[^>]*>')


def warmed(report: Report, seconds: float = 12.0) -> Report:
    scenario = msgspec.structs.replace(report.manifest.scenario, warm_up=Duration(seconds))
    manifest = msgspec.structs.replace(report.manifest, scenario=scenario, labels={"build": "2026.11.3", "by": "ci"})
    return msgspec.structs.replace(report, manifest=manifest)


def rendered(name: str, report: Report) -> str:
    return re.sub(r"\s+", " ", RENDERERS[name](report).decode())


def test_a_warm_up_is_said_to_people_and_shaded_in_every_picture(reports: Mapping[str, Report]) -> None:
    report = warmed(reports["pass"])
    for name in PEOPLE:
        assert "the first 12 s of wall time were a warm-up" in rendered(name, report), name
    page = RENDERERS["report.html"](report).decode()
    assert len(SHADE.findall(page)) == page.count('role="img"') > 1
    assert "Shaded: the warm-up" in page


def test_a_shade_is_as_wide_as_the_warm_up_and_never_wider_than_the_picture(reports: Mapping[str, Report]) -> None:
    def width(seconds: float) -> float:
        shade = SHADE.search(RENDERERS["report.html"](warmed(reports["pass"], seconds)).decode())
        assert shade is not None
        return float(shade[0].partition('width="')[2].partition('"')[0])

    assert abs(width(24.0) - 2 * width(12.0)) < 0.3
    assert width(1e6) <= 960


def test_programs_are_told_its_length_and_the_labels(reports: Mapping[str, Report]) -> None:
    told = msgspec.json.decode(RENDERERS["verdict.json"](warmed(reports["pass"])))
    assert (told["warm_up"], told["labels"]) == (12.0, {"build": "2026.11.3", "by": "ci"})
    assert '<property name="label.build" value="2026.11.3" />' in RENDERERS["junit.xml"](warmed(reports["pass"])).decode()


def test_labels_stand_at_the_top_for_people(reports: Mapping[str, Report]) -> None:
    for name in PEOPLE:
        text = rendered(name, warmed(reports["pass"]))
        assert re.search(r"build=2026\\?\.11\\?\.3 · by=ci", text[: len(text) // 2].replace("&nbsp;", " ")), name


def test_without_a_warm_up_or_labels_nothing_is_said_of_them(reports: Mapping[str, Report]) -> None:
    for name in (*PEOPLE, "junit.xml"):
        text = RENDERERS[name](reports["pass"]).decode()
        assert "a warm-up" not in text and "label" not in text.replace("aria-label", "") and not SHADE.search(text), name
