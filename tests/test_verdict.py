import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.errors import CANNOT_TELL, FAIL, PASS
from rushproof.verdict import Finding, Kind, Status, exit_code, worst

FINDINGS = st.lists(st.sampled_from(Status).map(lambda status: Finding(name="n", kind=Kind.LIMIT, status=status, sentence="s")))


def of(*statuses):
    return [Finding(name="n", kind=Kind.LIMIT, status=status, sentence="s") for status in statuses]


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        (of(Status.PASS, Status.PASS), Status.PASS),
        (of(Status.PASS, Status.UNKNOWN), Status.UNKNOWN),
        (of(Status.UNKNOWN, Status.FAIL, Status.PASS), Status.FAIL),
        (of(Status.PASS, Status.NOT_CLAIMED), Status.PASS),
        (of(Status.NOT_CLAIMED), Status.UNKNOWN),  # nothing that was claimed was looked at
        (of(), Status.UNKNOWN),
    ],
)
def test_the_verdict_is_the_worst_finding(findings, verdict):
    assert worst(findings) == verdict


@given(FINDINGS, FINDINGS)
def test_another_finding_never_makes_a_fail_better(findings, more):
    if worst(findings) is Status.FAIL:
        assert worst(findings + more) is Status.FAIL


@given(FINDINGS)
def test_the_order_of_findings_does_not_matter(findings):
    assert worst(findings) == worst(findings[::-1])


def test_the_exit_code_tells_fail_from_unknown():
    assert [exit_code(status) for status in (Status.PASS, Status.FAIL, Status.UNKNOWN)] == [PASS, FAIL, CANNOT_TELL] == [0, 1, 3]
