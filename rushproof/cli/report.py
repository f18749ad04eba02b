"""`rushproof report RUN`: a recorded run's report in another form."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from pathlib import Path

    from rushproof.cli.verbs import Verbs

FORMATS = {
    "text": "report.txt",
    "json": "verdict.json",
    "junit": "junit.xml",
    "markdown": "report.md",
    "html": "report.html",
    "hlog": "histograms.hlog",
}
"""by the word on the command line, the name of the file"""


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(
        verbs,
        "report",
        "write a recorded run's report in one of its forms",
        "rushproof report reports/runs/NAME --format markdown --out comment.md",
        does,
    )
    parser.add_argument(
        "runs", metavar="RUN", nargs="+", help="the run folder; with --go-no-go several, and folders of `rushproof capacity`"
    )
    parser.add_argument("--go-no-go", action="store_true", help="one page that says whether to launch; the exit code is its decision's")
    parser.add_argument("--format", choices=tuple(FORMATS), default=None, help="hlog: HdrHistogram's log format (default: text)")
    parser.add_argument("--out", metavar="FILE", help="where to; the page also as .html, or both into a folder (default: standard output)")


def does(options: argparse.Namespace) -> int:
    """Render; 0 when it is written, whatever the verdict; with --go-no-go the decision's exit code."""
    import sys
    from pathlib import Path

    from rushproof.errors import PASS, FolderError, InputError

    if options.go_no_go:
        return _decided(options)
    if len(options.runs) > 1:
        raise InputError(f"one report is of one run, found {len(options.runs)}; with --go-no-go one page is of several")
    rendered = _rendered(Path(options.runs[0]), FORMATS[options.format or "text"])
    if not options.out:
        sys.stdout.buffer.write(rendered)
        sys.stdout.buffer.flush()
        return PASS
    try:
        Path(options.out).write_bytes(rendered)
    except OSError as problem:
        raise FolderError(f"{options.out} cannot be written: {problem.strerror}") from None
    return PASS


def _decided(options: argparse.Namespace) -> int:
    import sys

    from rushproof.cli.go_no_go import RENDERERS, launched, write
    from rushproof.errors import InputError
    from rushproof.verdict import exit_code

    if options.format not in (None, "markdown", "html"):
        raise InputError(f"--format: the page for a launch is markdown or html, found {options.format}")
    found = launched(options.runs)
    if options.out:
        print(found.sentence)
        for place in write(found, options.out):
            print(place)
    else:
        sys.stdout.buffer.write(RENDERERS[".html" if options.format == "html" else ".md"](found))
        sys.stdout.buffer.flush()
    return exit_code(found.decision.status)


def _rendered(folder: "Path", name: str) -> bytes:
    from pathlib import Path

    from rushproof import catalogue
    from rushproof.journal import hlog, read_manifest
    from rushproof.render import RENDERERS
    from rushproof.run.sweep import judged

    manifest = read_manifest(folder)
    if name not in RENDERERS:
        return hlog(folder)
    return RENDERERS[name](judged(folder, catalogue.audits(folder, Path.cwd()), manifest))
