"""Every renderer's every byte, for hand-made reports, against committed files; `--update-golden` writes them anew."""

from pathlib import Path

import pytest

from rushproof.render import RENDERERS
from rushproof.report import Report

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_a_report_is_rendered_as_it_was_when_somebody_last_looked_at_it(
    name: str, case: tuple[str, Report], request: pytest.FixtureRequest
) -> None:
    kind, report = case
    golden = GOLDEN / kind / name

    rendered = RENDERERS[name](report)

    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes(rendered)
    assert golden.read_bytes().decode() == rendered.decode()


def test_rendering_twice_gives_the_same_bytes(case: tuple[str, Report]) -> None:
    for render in RENDERERS.values():
        assert render(case[1]) == render(case[1])


def test_nothing_golden_is_left_of_a_renderer_that_is_gone() -> None:
    assert {path.name for path in GOLDEN.glob("*/*")} == set(RENDERERS)
