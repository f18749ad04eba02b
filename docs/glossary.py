"""Writes docs/glossary.md from the docstrings of the words; `--check` only says whether it is up to date.

Of the harness they are floors 0 and 1, of the reference backend the files and classes listed in BACKEND: a file is a noun.
"""

import ast
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
HEAD = """# Glossary

One word a thing, in code, YAML, JSON, metric names and prose. Seconds are floats; a unit that differs is in the name.
Written by `make golden` from the docstrings of `rushproof/*.py` and `fake_backend/`: mend them, not this page.

[The harness](#the-harness) · [The reference backend](#the-reference-backend)
"""
BACKEND = """
account.Statement beacon beacon/chain.Chain books clock.Turn daybook draw/commitment.Commitment draw/drawing.Place
duties.Duty facts.Event facts.Letter facts.Refusal facts.Reservation facts.Round follow_ups gateway gateway/banks.Bank
gateway/chance gateway/payer gateway/schedules.Schedule items.Item notary notary/register notices outages outbox
outbox.Courier pickups.Pickup providers quiet reconciliation registrations room.Room sale.Order sale.Payment sale.Refund
settings.Settings settlement shipments shops.Shop stock stock.Cell switches tokens
"""
"""words of the reference backend: a file, whose own docstring it is, or one of its classes"""


def spelled(name: str) -> str:
    """`VisitCounts` → `visit counts`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().replace("_", " ")


def paragraph(text: str) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join(text.strip().split("\n\n")[0].split())


def said(node: ast.stmt) -> str | None:
    """The text of a statement that is nothing but a string."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return paragraph(node.value.value)
    return None


def target(node: ast.stmt) -> str | None:
    """The one public name that a statement assigns."""
    names = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return names[0].id if len(names) == 1 and isinstance(names[0], ast.Name) and not names[0].id.startswith("_") else None


def documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Names with the docstring that stands below their assignment."""
    for node, below in pairwise(body):
        name, text = target(node), said(below)
        if name and text:
            yield name, text


def entries(path: Path) -> Iterator[tuple[str, str]]:
    """(word, Markdown) of each public class and documented constant of a module."""
    tree = ast.parse(path.read_text("utf-8"))
    for name, text in documented(tree.body):
        yield spelled(name), f"**{spelled(name)}** (`{path.stem}.{name}`): {text}"
    for node in tree.body:
        text = ast.get_docstring(node) if isinstance(node, ast.ClassDef) else None
        if isinstance(node, ast.ClassDef) and text and not node.name.startswith("_"):
            members = [f"  - `{name.lower() if name.isupper() else name}`: {about}" for name, about in documented(node.body)]
            yield spelled(node.name), "\n".join([f"**{spelled(node.name)}** (`{path.stem}.{node.name}`): {paragraph(text)}", *members])


def of_the_backend(word: str) -> tuple[str, str]:
    """(word, Markdown) of a file of the backend, or of a class in it."""
    name, _, wanted = word.partition(".")
    path = ROOT / "fake_backend" / f"{name}.py"
    if not wanted:
        tree = ast.parse((path if path.exists() else path.with_suffix("") / "__init__.py").read_text("utf-8"))
        noun, text = spelled(Path(name).name), paragraph(ast.get_docstring(tree) or "")
        told = re.sub(rf"^(?:an? |the )?{noun.replace(' ', '.')}: ", "", text, flags=re.IGNORECASE)
        return noun, f"**{noun}** (`{name}`): {told[:1].upper()}{told[1:]}"
    return next((noun, text.replace(f"`{path.stem}.", f"`{name}.", 1)) for noun, text in entries(path) if noun == spelled(wanted))


def glossary() -> str:
    """The whole page."""
    harness = [entry for path in sorted((ROOT / "rushproof").glob("*.py")) if path.stem != "__init__" for entry in entries(path)]
    parts = {"The harness": harness, "The reference backend": [of_the_backend(word) for word in BACKEND.split()]}
    return HEAD + "".join(f"\n## {head}\n\n" + "\n".join(f"- {text}" for _, text in sorted(part)) + "\n" for head, part in parts.items())


def main(arguments: list[str]) -> int:
    """Write the page, or compare it."""
    if arguments == ["--check"]:
        fresh = GLOSSARY.exists() and GLOSSARY.read_text("utf-8") == glossary()
        print("docs/glossary.md is up to date" if fresh else "docs/glossary.md differs from the docstrings: run `make golden`")
        return 0 if fresh else 1
    GLOSSARY.write_text(glossary(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
