"""Judging a run folder: the audit, the judge, and every form of the report, from what the folder holds and nothing else."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from rushproof.audit import audit, known
from rushproof.errors import FolderError
from rushproof.journal import read
from rushproof.judge import judge
from rushproof.manifest import Manifest
from rushproof.render import RENDERERS, chaostoolkit
from rushproof.report import Report
from rushproof.run.recovering import recovered
from rushproof.run.tables import JOURNALLED, tables
from rushproof.scenario import Scenario
from rushproof.summary import Summary
from rushproof.verdict import Finding, Kind, Status, worst


def judged(folder: Path, directories: Sequence[Path], manifest: Manifest) -> Report:
    """The run in `folder`, judged; the manifest may be another than the folder's, to judge by another budget."""
    invariants = audit(folder, manifest.scenario.audit, directories)
    if manifest.unquiet:
        read_by = tables(manifest.scenario.audit, directories)
        invariants = tuple(_unsettled(one, manifest) if _reads_ledgers(read_by.get(one.name, ())) else one for one in invariants)
    summary = Summary.of(manifest, read(folder))
    return judge(manifest, summary, invariants, recovered(folder, directories, manifest, summary))


def _reads_ledgers(read: Sequence[str]) -> bool:
    return any(table not in JOURNALLED for table in read)


def _unsettled(finding: Finding, manifest: Manifest) -> Finding:
    """A finding about ledgers that were read while the target was still at work: it says nothing either way."""
    if finding.status not in (Status.PASS, Status.FAIL):
        return finding
    within = float(manifest.scenario.target.quiet_within)
    still = f"after {within:g} s of waiting there was still {manifest.unquiet}"
    why = f"Not judged, because the ledgers were read in the middle of the work: {still}."
    return msgspec.structs.replace(finding, status=Status.UNKNOWN, sentence=f"{why} What was found: {finding.sentence}")


def keep_queries(folder: Path, scenario: Scenario, directories: Sequence[Path]) -> None:
    """Copies of the claimed invariants, and of a drill's queries, into the run folder, to be judged where their files are not."""
    wanted = {*scenario.audit, *(scenario.drill.queries if scenario.drill is not None else ())}
    try:
        for name, path in known(directories).items():
            if name in wanted:
                (folder / "audit").mkdir(exist_ok=True)
                shutil.copyfile(path, folder / "audit" / path.name)
    except OSError as problem:
        raise FolderError(f"{folder / 'audit'} cannot be written: {problem.strerror}") from None


def write_reports(folder: Path, report: Report) -> None:
    """Every form of the report into the folder; FolderError where one cannot be written."""
    rendered = {name: render(report) for name, render in RENDERERS.items()}
    if report.recovery is not None:
        rendered |= chaostoolkit.files(report, read(folder).probes)
    for name, content in rendered.items():
        try:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        except OSError as problem:
            raise FolderError(f"{folder / name} cannot be written: {problem.strerror}") from None


def unwritten(report: Report, why: str) -> Report:
    """The report of a run of which the artefacts are missing: it cannot pass."""
    finding = Finding(name="the reports were written", kind=Kind.HEALTH, status=Status.UNKNOWN, sentence=why)
    findings = (*report.findings, finding)
    return msgspec.structs.replace(report, findings=findings, verdict=worst(findings))
