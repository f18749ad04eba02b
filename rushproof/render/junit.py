"""junit.xml: every finding a testcase, so that any CI shows the verdict where it shows tests.

One testsuite a kind.  fail → `failure`; unknown → `error`, because what could not be judged must not look green; not claimed →
`skipped`; pass → a bare testcase.
"""

import datetime as dt
import re
from xml.etree import ElementTree as ET

from rushproof.clocks import Clock
from rushproof.render.headline import bound, headline, measured
from rushproof.render.recovered import clock_figures, stopped
from rushproof.report import Report
from rushproof.verdict import Finding, Kind, Status

_ELEMENTS = {Status.FAIL: "failure", Status.UNKNOWN: "error", Status.NOT_CLAIMED: "skipped"}
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""characters that XML 1.0 cannot hold in any spelling"""


def render(report: Report) -> bytes:
    """junit.xml in the shape that Jenkins, GitLab and GitHub's reporters read."""
    manifest = report.manifest
    findings = (*report.findings, *_verdict(report))
    root = ET.Element("testsuites", name=_clean(manifest.scenario.name), time=f"{manifest.drained:.3f}")
    _count(root, findings)
    for kind in Kind:
        of_kind = tuple(finding for finding in findings if finding.kind is kind)
        if of_kind:
            root.append(_suite(report, kind, of_kind))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _verdict(report: Report) -> tuple[Finding, ...]:
    """A testcase for a verdict that no finding explains: a run without a finding is unknown, and an empty file would look green."""
    if report.verdict is Status.PASS or any(finding.status is report.verdict for finding in report.findings):
        return ()
    return (Finding(name="verdict", kind=Kind.HEALTH, status=report.verdict, sentence=headline(report)),)


def _suite(report: Report, kind: Kind, findings: tuple[Finding, ...]) -> ET.Element:
    name = _clean(f"{report.manifest.scenario.name}.{kind.value}")
    started = dt.datetime.fromtimestamp(report.manifest.start, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite = ET.Element("testsuite", name=name, timestamp=started, hostname="localhost", time=f"{report.manifest.drained:.3f}")
    _count(suite, findings)
    _properties(suite, report)
    for finding in findings:
        case = ET.SubElement(suite, "testcase", classname=name, name=_clean(finding.name), time="0")
        if finding.status in _ELEMENTS:
            mark = ET.SubElement(case, _ELEMENTS[finding.status], message=_clean(finding.sentence))
            if finding.status is not Status.NOT_CLAIMED:
                mark.set("type", f"{finding.kind.value}.{finding.status.value}")
            mark.text = _clean(_detail(finding))
    return suite


def _count(element: ET.Element, findings: tuple[Finding, ...]) -> None:
    """The four counts that readers add up; `errors` are the findings that cannot tell."""
    statuses = [finding.status for finding in findings]
    element.set("tests", str(len(statuses)))
    element.set("failures", str(statuses.count(Status.FAIL)))
    element.set("errors", str(statuses.count(Status.UNKNOWN)))
    element.set("skipped", str(statuses.count(Status.NOT_CLAIMED)))


def _properties(suite: ET.Element, report: Report) -> None:
    manifest = report.manifest
    properties = ET.SubElement(suite, "properties")
    facts = {
        "verdict": report.verdict.value, "run": manifest.run, "seed": str(manifest.seed),
        "scale": f"{manifest.people:g}", "speed": f"{manifest.speed:g}",
    }  # fmt: skip
    if report.recovery is not None:
        facts |= {f"recovery.{name}": _clock(clock) for name, clock in clock_figures(report.recovery)}
    facts |= {f"label.{name}": value for name, value in sorted(manifest.labels.items())}
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))


def _clock(clock: Clock) -> str:
    """`4.1 s, wall time`, or why there is no figure."""
    return f"{stopped(clock)}, {clock.time} time" if clock.seconds is not None else stopped(clock)


def _detail(finding: Finding) -> str:
    """What a CI page shows under the testcase."""
    lines = [finding.sentence, f"measured {measured(finding)}, bound {bound(finding)}, looked at {finding.n:,}"]
    if finding.compressed:
        lines.append("compressed: taken at a speed other than 1")
    return "\n".join([*lines, *finding.examples])


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
