"""The judge is judged over a whole day: what is planted in the backend after the reservations is found by the invariant that names it.

All of it is planted at once, because a day costs half a minute of wall; each invariant by itself is shown its defects in `tests/audit`.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.small_day import ROOT, lived, scenario

FOUND_BY = {
    "draw_misses_some": "drawn_from_all_who_entered",
    "draw_again": "draw_verified",
    "tell_nobody": "everybody_was_told",
    "tell_twice": "everybody_was_told",
    "trust_amount": "amounts_equal",
    "expire_pending": "nobody_lost_the_right_to_pay",
    "lose_return": "stock_conserved",
    "oversell": "stock_conserved",
    "hand_to_anybody": "handed_to_the_winner",
}
HEALED = {
    "refund_twice": ("late_success_refunded_once", "the gateway gives back no more than it took"),
    "dedup_first": ("no_unknown_outcome", "whoever hears nothing asks"),
}
"""defects that come to nothing as long as somebody else does not make the same mistake, and the invariant that shows it"""
SHARES = {"dedup_first": 0.3, "draw_misses_some": 0.2, "tell_nobody": 0.3, "tell_twice": 0.3, "lose_return": 0.5}
PLANT = f"""
import json, os, urllib.request

def put(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {{"content-type": "application/json"}}, method="PUT")
    urllib.request.urlopen(request, timeout=5).close()

for switch in {sorted(FOUND_BY | HEALED)}:
    put(os.environ["RUSHPROOF_TARGET"] + "/switches/" + switch, {{"ttl": 600, "share": {SHARES}.get(switch, 1.0)}})
gateway = os.environ["RUSHPROOF_GATEWAY"] + "/faults/"
put(gateway + "wrong_amounts", {{"ttl": 600, "share": 0.3}})
put(gateway + "slow_payers", {{"ttl": 600, "share": 0.3, "takes": 3000}})
"""
THIEF = '''
from rushproof.driver import Crowd, Promise, Step


class Thief(Crowd):
    """Asks for other people's bottles."""

    steps = {"collect": Step(promises=Promise("pickup"))}

    async def visit(self, person, target):
        for number in range(1, 150):
            await target.post(f"/orders/o{number}/pickup", {"person": person.id, "code": "000000"}, step="collect", person=person)
'''
COMES = {"persona": "./thief.py", "people": "1", "arrivals": {"shape": "steady", "from": "09:30 + 1d", "for": "1min"}}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """The exit code and the invariants' findings of a day in which all of them were switched on."""
    here = tmp_path_factory.mktemp("planted")
    (here / "plant.py").write_text(PLANT)
    (here / "thief.py").write_text(THIEF)
    crowds = scenario_crowds() | {"thief": COMES}
    code, verdict = lived(here, scenario(before=["python plant.py"], crowds=crowds))
    return code, {each["name"]: each for each in verdict["findings"] if each["kind"] == "invariant"}


def scenario_crowds() -> dict[str, Any]:
    """Those of the small day."""
    import yaml

    return dict(yaml.safe_load(scenario())["crowds"])


@pytest.mark.parametrize("defect", FOUND_BY)
def test_a_defect_of_the_day_is_found_by_the_invariant_that_names_it(defect: str, planted: tuple[int, dict[str, Any]]) -> None:
    found = planted[1][FOUND_BY[defect]]

    assert found["status"] == "fail", found["sentence"]


@pytest.mark.parametrize("defect", HEALED)
def test_a_defect_that_another_one_heals_does_no_harm(defect: str, planted: tuple[int, dict[str, Any]]) -> None:
    found = planted[1][HEALED[defect][0]]

    assert (found["status"], found["measured"]) == ("pass", 0)


def test_they_fail_the_run(planted: tuple[int, dict[str, Any]]) -> None:
    assert planted[0] == 1


def test_what_they_leave_alone_stays_as_it_was(planted: tuple[int, dict[str, Any]]) -> None:
    alone = ("acknowledged_is_kept", "acknowledged_once", "acknowledged_is_visible", "nothing_unasked", "no_gap", "ledger_unbroken")

    assert {planted[1][name]["status"] for name in alone} == {"pass"}


def test_an_honest_day_of_people_with_tokens_passes_with_everything_proven(tmp_path: Path) -> None:
    code, verdict = lived(tmp_path, scenario(persons={"signer": f"{ROOT / 'scenarios' / 'signers' / 'reference.py'}:sign"}))

    assert [each for each in verdict["findings"] if each["status"] in ("fail", "unknown")] == []
    assert (code, verdict["verdict"]) == (0, "pass")
