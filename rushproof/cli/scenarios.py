"""`rushproof scenarios`: what can be run, and where it comes from."""

import argparse
from typing import TYPE_CHECKING

from rushproof.cli.verbs import declare

if TYPE_CHECKING:
    from pathlib import Path

    from rushproof.cli.verbs import Verbs


def add(verbs: "Verbs") -> None:
    """Declare the verb."""
    parser = declare(verbs, "scenarios", "list the scenarios and personas of the catalogue", "rushproof scenarios ./my_scenarios", does)
    parser.add_argument("folder", metavar="DIR", nargs="*", help="folders of yours to list as well")


def does(options: argparse.Namespace) -> int:
    """Print names, what they are about, and their files."""
    from pathlib import Path

    from rushproof import catalogue
    from rushproof.errors import PASS

    scenarios = [(entry.name, entry.path) for entry in catalogue.entries(catalogue.SCENARIOS, ".yaml")]
    personas = [(entry.name, entry.path) for entry in catalogue.entries(catalogue.LOCUSTFILES, ".py")]
    for folder in map(Path, options.folder):
        scenarios += [(str(path), path) for path in sorted(folder.glob("*.yaml"))]
    print(f"scenarios  ({catalogue.folder(catalogue.SCENARIOS)})")
    _table([(name, _about_scenario(path)) for name, path in scenarios])
    print(f"\npersonas  ({catalogue.folder(catalogue.LOCUSTFILES)})")
    _table([(name, _about_persona(path)) for name, path in personas])
    return PASS


def _table(rows: list[tuple[str, str]]) -> None:
    width = max((len(name) for name, _ in rows), default=0)
    for name, about in rows:
        first, *more = about.split("\n")
        print(f"  {name:<{width}}  {first}")
        for line in more:
            print(f"  {'':<{width}}  {line}")


def _about_scenario(path: "Path") -> str:
    from rushproof.cli.reading import scenario_of
    from rushproof.errors import RushproofError

    try:
        scenario = scenario_of(str(path), [])[0].scenario
        return f"{scenario.about}\narms: {', '.join(scenario.arms)}" if scenario.arms else scenario.about
    except RushproofError as problem:
        return f"cannot be read: {str(problem).splitlines()[0]}"


def _about_persona(path: "Path") -> str:
    """The first line of the last class's docstring, or of the file's: nothing is loaded for a listing."""
    import ast

    try:
        module = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return "cannot be read"
    holders: list[ast.Module | ast.ClassDef] = [*(node for node in module.body[::-1] if isinstance(node, ast.ClassDef)), module]
    said = [ast.get_docstring(node) for node in holders]
    return next((text.partition("\n")[0] for text in said if text), "")
