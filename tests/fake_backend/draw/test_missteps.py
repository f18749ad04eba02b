"""What goes wrong in a draw, by bad luck or on purpose."""

import json

import pytest

from fake_backend.draw import verify_draw
from fake_backend.draw.witness import Notary
from fake_backend.switches import Defect, Switches

databases = ("sqlite",)  # nothing here is about what databases do; a day of the draw is walked on both in `test_room`
FIRST = "2022-04-01.r1"


@pytest.mark.parametrize("asked", [{}, {"person": ""}, {"person": "p1", "day": "tomorrow"}])
def test_a_question_for_results_that_makes_no_sense_is_refused(serving, run, asked):
    async def story():
        async with serving() as guest:
            return await guest("GET", "/results", params=asked)

    status, problem, _ = run(story())

    assert (status, problem["code"]) == (422, "bad_field")


def test_what_is_not_there_yet_is_refused_by_name(days, run):
    async def story():
        async with days() as day:
            await day.enter(3)
            before = await day.guest("GET", f"/draws/{FIRST}")
            day.wall.advance(3600)
            await day.until("committed")
            bundle = await day.guest("GET", f"/draws/{FIRST}/bundle")
            proof = await day.guest("GET", f"/draws/{FIRST}/proofs/99", params={"person": "p000"})
            return [answer[1]["code"] for answer in (before, bundle, proof)]

    assert run(story()) == ["no_such_draw", "draw_not_published", "no_such_reservation"]


def test_a_commitment_that_reaches_the_notary_too_late_is_made_anew_with_a_later_round(days, run, monkeypatch, tmp_path):
    commit, tried = Notary.commit, []

    async def slow(notary, draw, text):
        if draw == FIRST:
            tried.append(json.loads(text)["beacon"]["round"])
            if len(tried) == 1:
                late.wall.advance(120)
        return await commit(notary, draw, text)

    async def story():
        nonlocal late
        async with days() as late:
            monkeypatch.setattr(Notary, "commit", slow)
            await late.published(9)
            (tmp_path / "bundle").write_bytes(await late.bundle())
            return await late.events("draw_committed")

    late = None
    committed = run(story())

    assert len(set(tried)) == len(tried) == 2
    assert len(committed) == 4
    assert verify_draw.main([str(tmp_path / "bundle")]) == 0


@pytest.mark.parametrize(
    ("defect", "share", "commitments", "caught"),
    [("draw_misses_some", 0.5, 4, "reservation_missing"), ("draw_again", 1.0, 8, "second_commitment")],
)
def test_a_planted_defect_is_caught_by_the_verifier(days, run, tmp_path, capsys, defect, share, commitments, caught):
    async def story():
        lies = Switches(clock=lambda: 0.0)
        lies.put(defect, Defect(ttl=10.0, share=share))
        async with days(lies=lies) as day:
            await day.enter(30)
            day.wall.advance(3600)
            await day.when(lambda: day.events("draw_committed"), lambda rows: len(rows) == commitments)
            await day.published(0)
            (tmp_path / "bundle").write_bytes(await day.bundle())

    run(story())
    code = verify_draw.main([str(tmp_path / "bundle"), *[word for n in range(1, 31) for word in ("--reservation", str(n))]])

    assert (code, caught in capsys.readouterr().out) == (1, True)
