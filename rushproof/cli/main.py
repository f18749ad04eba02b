"""`rushproof VERB …`: the table of verbs, one sentence for every error, and the exit code."""

import argparse
import sys
import traceback
from collections.abc import Sequence

from rushproof import __version__
from rushproof.cli import audit, capacity, check, dashboards, init, judge, mark, metastable, plan, report, run, runs, scenarios
from rushproof.errors import BUG, CANNOT_TELL, RushproofError
from rushproof.run.secret import masked

VERBS = (check, plan, run, capacity, metastable, judge, mark, audit, report, runs, scenarios, init, dashboards)

_EPILOG = """\
exit codes:
  0  pass
  1  fail: a limit or an invariant was broken
  2  nothing was started: the words, the files or the surroundings have to change first
  3  it ran and cannot tell: too little, too late, interrupted, or the generator could not keep up
  4  a bug of ours

example:
  rushproof run smoke
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = parser().parse_args(arguments)
    try:
        return int(options.verb(options))
    except RushproofError as error:
        print(f"rushproof: {masked(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("rushproof: interrupted", file=sys.stderr)
        return CANNOT_TELL
    except BrokenPipeError:  # whoever read the output has enough
        sys.stderr.close()
        return CANNOT_TELL
    except Exception:
        print(masked(traceback.format_exc()), file=sys.stderr)
        print("rushproof: this is a bug of ours; please tell us with the lines above", file=sys.stderr)
        return BUG


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(
        prog="rushproof",
        description="Prove that a reservation system survives its rush.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"rushproof {__version__}")
    verbs = whole.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in VERBS:
        verb.add(verbs)
    return whole
