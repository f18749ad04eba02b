"""What verbs have in common on the command line: how they are declared, and the types of their values."""

import argparse
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

_LONGEST = 200

if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]


def declare(verbs: "Verbs", name: str, about: str, example: str, does: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    """A verb with its help, which shows an example; `does` is given the options and returns the exit code."""
    parser = verbs.add_parser(
        name,
        help=about,
        description=f"{about[0].upper()}{about[1:]}.",
        epilog=f"example:\n  {example}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(verb=does)
    return parser


def change(text: str) -> tuple[str, str]:
    """`path=value`, as `--set` takes it."""
    path, sign, value = text.partition("=")
    if not sign or not path:
        raise argparse.ArgumentTypeError(f"expected path=value such as crowds.reservers.people=500, found {text!r}")
    return path, value


def label(text: str) -> tuple[str, str]:
    """`name=value`, as `--label` takes it: what a run was of, such as a build."""
    name, sign, value = text.partition("=")
    if not sign or not re.fullmatch(r"[A-Za-z][\w.-]*", name) or not value.strip() or not value.isprintable() or len(value) > _LONGEST:
        raise argparse.ArgumentTypeError(f"expected name=value such as build=2026.11.3, a name of letters and digits, found {text!r}")
    return name, value.strip()
