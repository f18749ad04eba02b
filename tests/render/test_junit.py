"""junit.xml: well-formed, complete, and never greener than the verdict."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

import msgspec
import pytest

from rushproof.render.junit import render
from rushproof.report import Report
from rushproof.verdict import Finding, Kind, Status

MARKS = {Status.PASS: None, Status.FAIL: "failure", Status.UNKNOWN: "error", Status.NOT_CLAIMED: "skipped"}


def test_each_finding_is_a_testcase_marked_by_its_status(reports: Mapping[str, Report]) -> None:
    report = reports["fail"]

    cases = {case.get("name"): case for case in ET.fromstring(render(report)).iter("testcase")}

    assert {finding.name: MARKS[finding.status] for finding in report.findings} == {
        name: case[0].tag if len(case) else None for name, case in cases.items()
    }


def test_the_counts_of_a_suite_and_of_the_whole_add_up(case: tuple[str, Report]) -> None:
    root = ET.fromstring(render(case[1]))

    for word, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        for suite in root:
            assert int(suite.attrib[word]) == len(list(suite.iter(tag)))
        assert int(root.attrib[word]) == sum(int(suite.attrib[word]) for suite in root)


def test_what_every_reader_expects_is_there(case: tuple[str, Report]) -> None:
    """The shape that the Jenkins schema demands: these attributes, properties first, then testcases with classname and name."""
    root = ET.fromstring(render(case[1]))

    assert root.tag == "testsuites"
    for suite in root:
        assert {"name", "timestamp", "hostname", "tests", "failures", "errors", "skipped", "time"} == set(suite.attrib)
        assert ["properties", *["testcase"] * (len(suite) - 1)] == [child.tag for child in suite]
        for testcase in suite.iter("testcase"):
            assert {"classname", "name", "time"} == set(testcase.attrib)
            assert len(testcase) <= 1


@pytest.mark.parametrize("status", [Status.FAIL, Status.UNKNOWN])
def test_a_verdict_that_no_finding_explains_is_still_red(reports: Mapping[str, Report], status: Status) -> None:
    green = Finding(name="fine", kind=Kind.LIMIT, status=Status.PASS, sentence="Fine.")
    report = msgspec.structs.replace(reports["pass"], verdict=status, findings=(green,))

    root = ET.fromstring(render(report))

    assert int(root.attrib["failures"]) + int(root.attrib["errors"]) == 1


def test_a_pass_is_all_green(reports: Mapping[str, Report]) -> None:
    root = ET.fromstring(render(reports["pass"]))

    assert (root.attrib["failures"], root.attrib["errors"]) == ("0", "0")


def test_characters_that_xml_cannot_hold_are_replaced(reports: Mapping[str, Report]) -> None:
    name = 'a\x00b\x1b[31m\ufffe<&">]]>\ud800'
    finding = Finding(name=name, kind=Kind.INVARIANT, status=Status.FAIL, sentence=name, examples=(name,))
    report = msgspec.structs.replace(reports["fail"], findings=(finding,))

    root = ET.fromstring(render(report))

    assert next(root.iter("testcase")).get("name") == 'a�b�[31m�<&">]]>�'
