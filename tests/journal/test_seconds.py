"""A worker's seconds come back as they were told, and answers of the warm-up that no rule knew are left out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rushproof.frame import Health
from rushproof.journal import Journal, read
from rushproof.quantity import Duration

Made = Callable[..., Any]


def test_every_reading_of_a_second_keeps_its_fraction(make_manifest: Made, make_frame: Made, tmp_path: Path) -> None:
    told = Health(at=0, lag_p99=0.25, busy=0.5, turn=0.125, due=5, unsent=1, missed=2, in_flight=3, memory=2**33, oldest=1.75)
    journal = Journal.create(tmp_path / "run", make_manifest())
    journal.append(make_frame(0, health=(told,), final=True))
    journal.close(make_manifest())
    (row,) = read(tmp_path / "run").health
    assert {name: row[name].item() for name in Health.__struct_fields__} == msgspec.structs.asdict(told)


@pytest.mark.parametrize(("warm_up", "unmapped"), [(0.0, 60), (3.0, 57), (3.4, 57), (60.0, 0)])
def test_answers_that_no_rule_knew_count_from_the_end_of_the_warm_up(
    warm_up: float, unmapped: int, make_manifest: Made, make_frame: Made, tmp_path: Path
) -> None:
    manifest = make_manifest()
    manifest = msgspec.structs.replace(manifest, scenario=msgspec.structs.replace(manifest.scenario, warm_up=Duration(warm_up)))
    journal = Journal.create(tmp_path / "run", manifest)
    for second in range(60):
        journal.append(make_frame(second, unmapped=1, final=second == 59))
    journal.close(manifest)
    assert read(tmp_path / "run").unmapped == unmapped
