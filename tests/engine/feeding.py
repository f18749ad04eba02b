"""Persons' files and signers for rides, a persona that shows whom it is given, and who the target saw."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from riding import Ridden, Server

SHOWS_TOKEN = """
    steps = {"reserve": Step(promises=Promise("reservation"))}

    async def visit(self, person, target):
        headers = {"authorization": f"Bearer {person.token}", "x-id": person.id}
        await target.post("/reservations", {"person": person.id, "round": "r1"}, step="reserve", person=person, headers=headers)
"""


@pytest.fixture
def people(tmp_path: Path) -> Callable[..., str]:
    """Writes a CSV of ids, tokens and shops and gives its path."""

    def write(count: int, name: str = "people.csv") -> str:
        lines = ["id,token,shop", *(f"m-{number},tok-{number},s{number % 7}" for number in range(count))]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return str(tmp_path / name)

    return write


@pytest.fixture
def signer(tmp_path: Path) -> Callable[[str], str]:
    """Writes a signer's file and gives `FILE:sign`."""

    def write(body: str) -> str:
        file = tmp_path / f"tickets_{len(list(tmp_path.iterdir()))}.py"
        file.write_text("import asyncio\nimport time\nfrom rushproof.persons import Token\n\n\n" + textwrap.dedent(body).lstrip())
        return f"{file}:sign"

    return write


def given(server: Server) -> list[tuple[str, str]]:
    """Who the target saw: id and token."""
    return [(request.headers["x-id"], request.headers["authorization"].removeprefix("Bearer ")) for request in server.requests]


def notes(ridden: Ridden) -> str:
    return "\n".join(note for frame in ridden.frames for note in frame.notes)
