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
    parser.add_argument("run", metavar="RUN", help="the run folder")
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="hlog: HdrHistogram's log format (default: text)")
    parser.add_argument("--out", metavar="FILE", help="where to (default: standard output)")


def does(options: argparse.Namespace) -> int:
    """Render; 0 when it is written, whatever the verdict."""
    import sys
    from pathlib import Path

    from rushproof.errors import PASS, FolderError

    rendered = _rendered(Path(options.run), FORMATS[options.format])
    if not options.out:
        sys.stdout.buffer.write(rendered)
        sys.stdout.buffer.flush()
        return PASS
    try:
        Path(options.out).write_bytes(rendered)
    except OSError as problem:
        raise FolderError(f"{options.out} cannot be written: {problem.strerror}") from None
    return PASS


def _rendered(folder: "Path", name: str) -> bytes:
    from pathlib import Path

    from rushproof import catalogue
    from rushproof.journal import hlog, read_manifest
    from rushproof.render import RENDERERS
    from rushproof.run.sweep import judged

    manifest = read_manifest(folder)
    if name not in RENDERERS:
        return hlog(folder)
    return RENDERERS[name](judged(folder, catalogue.audits(Path.cwd()), manifest))
