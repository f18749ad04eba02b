"""`rushproof audit RUN`: bring ledgers into a recorded run, now or again, and judge it anew."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rushproof.cli.verbs import Verbs
    from rushproof.manifest import Manifest
    from rushproof.scenario import LedgerSpec


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(
        verbs,
        "audit",
        "bring ledgers into a recorded run and judge it anew",
        "rushproof audit reports/runs/NAME --ledger bookings.csv",
        does,
    )
    parser.add_argument("run", metavar="RUN", help="the run folder")
    parser.add_argument(
        "--ledger",
        dest="ledgers",
        action="append",
        default=[],
        metavar="[NAME=]FILE",
        help="a CSV or Parquet file that becomes the table NAME (default: ledger); without any, the scenario's own sources are asked again",
    )
    parser.add_argument(
        "--scenario", metavar="FILE", help="the scenario as it is now: its `ledgers` and `audit` are taken instead of the run's"
    )
    parser.add_argument("--target", metavar="URL", help="where the target is, for ledgers that it gives itself")
    parser.add_argument("--own-host", metavar="HOST", help="that host, where it is not this machine; it must also stand in ./targets.yaml")


def does(options: argparse.Namespace) -> int:
    """Bring, judge, write the reports anew, print the text; the exit code is the verdict's."""
    import asyncio
    from pathlib import Path

    from rushproof import catalogue
    from rushproof.journal import read_manifest
    from rushproof.render import RENDERERS
    from rushproof.run.evidence import bring_evidence
    from rushproof.run.sweep import judged, write_reports
    from rushproof.verdict import exit_code

    folder = Path(options.run)
    manifest, beside = _as_now(read_manifest(folder), options.scenario)
    files = _files(options.ledgers, manifest.scenario.ledgers)
    manifest = asyncio.run(bring_evidence(folder, manifest, beside, files, options.target, options.own_host))
    report = judged(folder, catalogue.audits(*((beside, folder) if options.scenario else (folder, beside))), manifest)
    write_reports(folder, report)
    print(RENDERERS["report.txt"](report).decode(), end="")
    print(f"\n{folder / 'report.html'}")
    return exit_code(report.verdict)


def _as_now(manifest: "Manifest", word: str | None) -> "tuple[Manifest, Path]":
    """The run with the ledgers and the claims of the scenario's file, where one is given, and the folder its paths are relative to."""
    from pathlib import Path

    import msgspec

    from rushproof.cli.reading import scenario_of

    if word is None:
        return manifest, Path.cwd()
    file, beside = scenario_of(word, [])
    scenario = msgspec.structs.replace(manifest.scenario, ledgers=file.scenario.ledgers, audit=file.scenario.audit)
    return msgspec.structs.replace(manifest, scenario=scenario), beside


def _files(words: list[str], known: "Mapping[str, LedgerSpec]") -> "dict[str, Path]":
    """By table, the file that was named for it: `NAME=FILE`, or FILE, which is the table of its stem if the scenario has one."""
    from pathlib import Path

    from rushproof.errors import InputError

    files: dict[str, Path] = {}
    for word in words:
        name, sign, path = word.partition("=")
        if not sign:
            stem = Path(word).stem
            name, path = (stem if stem in known else "ledger"), word
        if not name.isidentifier() or not Path(path).is_file():
            problem = f"no such file: {path}" if name.isidentifier() else f"expected a table's name before the =, found {name!r}"
            raise InputError(f"--ledger: {problem}")
        if name in files:
            raise InputError(f"--ledger: two files for the table {name}: {files[name]} and {path}; write NAME=FILE")
        files[name] = Path(path)
    return files
