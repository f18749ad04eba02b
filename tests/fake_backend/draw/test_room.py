"""The draw as people, strangers and other rooms meet it."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fake_backend.draw import drawing, stages, verify_draw
from fake_backend.facts import Letter
from fake_backend.group_commit import NotStored

FIRST, SECOND = "2022-04-01.r1", "2022-04-01.r2"
_TOLD: dict[str, dict[str, Any]] = {}


async def results(at, person, **more):
    _, shown, _ = await at.guest("GET", "/results", params={"person": person, **more})
    return shown["results"]


async def walked(days):
    """A day with thirty entries in one round and ten in another, and what everybody was told of it."""
    async with days() as day:
        sent = []
        for kind in ("notices.tell_all", "notices.tell"):
            day.guest.backend.outbox._receivers[kind] = lambda books, letter: sent.append(letter)
        await day.enter(30)
        await day.enter(10, SECOND)
        told = {"waiting": await results(day, "p000")}
        await day.published(0)
        await day.until("published", SECOND)
        await day.when(lambda: day.guest("GET", "/quiet"), lambda answer: answer[0] == 200)
        told["results"] = {f"p{n:03}": (await results(day, f"p{n:03}"))[0] for n in range(30)}
        mine = told["results"]["p007"]["reservation"]
        for person in ("p007", "p008"):
            told[person] = await day.guest("GET", f"/draws/{FIRST}/proofs/{mine}", params={"person": person})
        told["orders"] = [await day.guest("GET", f"/orders/{one['order']}") for one in told["results"].values() if one["order"]]
        told["nobody"] = await results(day, "nobody"), await results(day, "p000", day="2022-04-02")
        told["events"] = {kind: await day.events(kind) for kind in ("draw_frozen", "draw_committed", "drawn", "draw_published")}
        told["pool"] = [await day.guest("GET", "/ledger/pool.csv", params={"after": after, "limit": 7}) for after in range(0, 42, 7)]
        told["winners"] = (await day.guest("GET", "/ledger/winners.csv"))[1].splitlines()
        told["draw"] = (await day.guest("GET", f"/draws/{FIRST}"))[1]
        told["checker"] = (await day.guest("GET", "/verify_draw.py"))[1]
        told["document"] = (await day.guest("GET", "/openapi.json"))[1]
        return {**told, "sent": sent, "bundle": await day.bundle(), "empty": await day.bundle("2022-04-01.r3")}


@pytest.fixture
def told(days, run, request):
    """The same day for all tests of a database."""
    database = request.node.callspec.params["opened"]
    if database not in _TOLD:
        _TOLD[database] = run(walked(days))
    return _TOLD[database]


def test_a_stranger_verifies_the_bundle_with_the_program_that_is_published_beside_it(told, tmp_path):
    (tmp_path / "bundle").write_bytes(told["bundle"])
    (tmp_path / "verify_draw.py").write_text(told["checker"])
    checked = subprocess.run(
        [sys.executable, "-I", "verify_draw.py", "bundle", "--reservation", "1"],
        cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "30 entries, 6 winners" in checked.stdout
    assert "reservation 1 " in checked.stdout


def test_the_daybook_tells_each_step_of_a_draw_once(told):
    steps = {kind: [row for row in rows if row[0] == FIRST] for kind, rows in told["events"].items()}
    details = {kind: json.loads(rows[0][5]) for kind, rows in steps.items()}

    assert {kind: len(rows) for kind, rows in steps.items()} == dict.fromkeys(steps, 1)
    assert steps["draw_frozen"][0][4] == 30
    assert steps["drawn"][0][4] == steps["draw_published"][0][4] == 6
    assert details["drawn"]["winners"] == details["draw_published"]["winners"]
    assert details["draw_frozen"]["commitment"] == details["draw_committed"]["commitment"] == told["draw"]["hash"]


def test_a_result_is_waited_for_until_it_is_published_and_then_the_winners_order_is_there(told):
    after = list(told["results"].values())

    assert [one["state"] for one in told["waiting"]] == ["waiting", "waiting"]
    assert sorted(one["state"] for one in after) == ["listed"] * 6 + ["lost"] * 18 + ["won"] * 6
    assert all((one["place"] == 0) == (one["state"] == "won") for one in after)
    assert [status for status, _, _ in told["orders"]] == [200] * 6
    assert told["nobody"] == ([], [])


def test_each_person_gets_a_proof_of_their_own_entry_and_of_nobody_elses(told, tmp_path):
    proof = told["p007"][1]
    files = {"bundle": told["bundle"], "mine": json.dumps(proof).encode(), "foreign": json.dumps({**proof, "person": "p008"}).encode()}
    for name, text in files.items():
        (tmp_path / name).write_bytes(text)
    bundle, mine, foreign = (str(tmp_path / name) for name in files)

    assert (told["p008"][0], told["p008"][1]["code"]) == (404, "no_such_reservation")
    assert verify_draw.main([bundle, "--proof", mine]) == 0
    assert verify_draw.main([bundle, "--proof", foreign]) == 1


def test_what_is_told_of_a_draw_is_what_the_document_promises(told):
    for path, answer in (("/draws/{round}", told["draw"]), ("/draws/{round}/proofs/{reservation}", told["p007"][1])):
        promised = told["document"]["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**promised, "components": told["document"]["components"]}).validate(answer)


def test_no_person_stands_in_the_bundle(told):
    assert not [n for n in range(30) if f"p{n:03}".encode() in told["bundle"]]


def test_a_round_that_nobody_entered_has_a_draw_that_is_verified_too(told, tmp_path):
    (tmp_path / "bundle").write_bytes(told["empty"])

    assert verify_draw.main([str(tmp_path / "bundle")]) == 0


def test_everybody_hears_of_the_results_and_winners_by_a_message_of_their_own(told):
    batches = [letter for letter in told["sent"] if letter.kind == "notices.tell_all" and letter.body["round"] == FIRST]
    won = [letter for letter in told["sent"] if letter.kind == "notices.tell" and letter.body["round"] == FIRST]

    assert sum(letter.body["people"] for letter in batches) == 30
    assert {f"o{n}" for letter in batches for n in letter.body["won"].split()} == {letter.body["order"] for letter in won}
    assert [letter.body["what"] for letter in won] == ["won"] * 6


def test_the_pool_and_the_winners_are_exported_for_the_audit(told):
    pages = [text.splitlines() for _, text, _ in told["pool"]]
    rows = [line.split(",") for page in pages for line in page[1:]]

    assert {page[0] for page in pages} == {"number,round,reservation,leaf"}
    assert [int(row[0]) for row in rows] == list(range(1, 41))
    assert sorted(int(row[2]) for row in rows) == list(range(1, 41))
    assert told["winners"][0] == "number,round,reservation,shop,place,score"
    assert {line.split(",")[4] for line in told["winners"][1:]} == {"0"}


def test_an_unpaid_bottle_passes_to_the_next_of_its_shops_waiting_list_once(days, run):
    async def story():
        async with days() as day:
            await day.published(30)
            books = day.guest.backend.site.books
            places = await books.read("SELECT sequence, shop, place FROM draw_places WHERE round = ? ORDER BY number", FIRST)
            winner, shop, _ = next(row for row in places if row[2] == 0)
            following = next(sequence for sequence, of, place in places if of == shop and place == 1)
            for order in (f"o{winner}", f"o{following}"):
                await books.write(lambda books, order=order: books.send(Letter("draw.pass_on", order, {"order": order})))
            passed = await day.when(lambda: day.events("passed_on"), len)
            await day.when(lambda: books.read("SELECT count(*) FROM outbox WHERE kind = 'draw.pass_on'"), lambda rows: not rows[0][0])
            person = (await day.guest("GET", f"/reservations/{following}"))[1]["person"]
            return passed, await day.events("passed_on"), winner, following, (await results(day, person))[0]

    passed, later, winner, following, result = run(story())

    assert json.loads(passed[0][5]) == {"order": f"o{winner}", "reservation": following, "place": 1}
    assert len(later) == 1  # it may pass on once, and did
    assert (result["state"], result["order"], result["place"]) == ("won", f"o{following}", 1)


def test_a_process_that_ends_while_places_are_written_goes_on_to_the_same_list(days, run, monkeypatch, tmp_path):
    """The first cannot write more than a piece of them, as a process that is killed then; the next one has nothing but the books."""
    keep_places, pieces = drawing.keep_places, []

    def one_piece(books, places):
        pieces.append(places)
        if len(pieces) > 1:
            raise NotStored("ended")
        keep_places(books, places)

    async def written(day):
        return await day.guest.backend.site.books.read("SELECT count(*) FROM draw_places")

    async def story():
        async with days() as day:
            await day.enter(30)
            day.wall.advance(3600)
            await day.until("committed")
            day.wall.advance(3600)
            await day.when(lambda: asyncio.sleep(0, pieces), lambda found: len(found) > 1)
            half = await written(day)
        monkeypatch.setattr(drawing, "keep_places", keep_places)
        async with days() as day:
            day.wall.advance(7 * 3600)
            await day.until("published")
            (tmp_path / "bundle").write_bytes(await day.bundle())
            return half, await written(day), [row for row in await day.events("drawn") if row[0] == FIRST]

    monkeypatch.setattr(stages, "PIECE", 5)
    monkeypatch.setattr(drawing, "keep_places", one_piece)
    half, whole, drawn = run(story())

    assert (half[0][0], whole[0][0], len(drawn)) == (5, 12, 1)
    assert verify_draw.main([str(tmp_path / "bundle")]) == 0
