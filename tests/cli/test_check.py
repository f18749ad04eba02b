"""`rushproof check`, for real: one person against the reference backend, and against somebody else's shop with each mistake in turn."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted import Shop, open_shop

TOKEN = "canary-of-a-token-4711"
PERSONA = '''\
from rushproof.driver import Crowd, Step


class Buyer(Crowd):
    """Buys a lamp."""

    steps = {"buy": Step()}

    async def visit(self, person, target):
        await target.post("/orders", {"user": person.id, "item": "lamp"}, step="buy", person=person)
'''
SCENARIO = """\
about: A shop of somebody else's
target:
  url: %s
  transport: {ca: ca.pem, headers: {Authorization: "Bearer {token}"}}
timetable: {from: open, to: open + 10s, moments: {open: "09:00"}}
persons: {file: users.csv, id: user, token: jwt}
crowds:
  buyers:
    persona: ./buyer.py
    arrivals: {shape: steady, from: open, for: 10s, rate: 3/s}
    connections: {timeout: 2s}
    steps:
      buy:
        promises: {kind: order, person: user, round: item, key: data.id}
        outcomes:
          - {outcome: ok, body: {code: 0}}
          - {outcome: refused, body: {code: SOLD_OUT}}
ledgers:
  ledger: {http: /book.csv, person: user, round: item, key: id}
audit: [acknowledged_is_kept]
budget:
  - {measure: share, step: buy, outcome: error, at_most: 10%%}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        (tmp_path / "buyer.py").write_text(PERSONA)
        (tmp_path / "shop.yaml").write_text(SCENARIO % shop.url)
        rows = "".join(f"u{number:04d},{TOKEN}-{number}\n" for number in range(40))
        (tmp_path / "users.csv").write_text(f"user,jwt\n{rows}")
        yield shop


def checked(folder: Path, *words: str, within: float = 60.0) -> "subprocess.CompletedProcess[str]":
    """The command as a shell runs it, in a folder; nothing may be left there, and no token may be told."""
    before = sorted(path.name for path in folder.iterdir())
    done = subprocess.run(
        [sys.executable, "-m", "rushproof", "check", *words], cwd=folder, capture_output=True, text=True, timeout=within, check=False,
        env={**os.environ, "TMPDIR": str(_scratch(folder))},
    )  # fmt: skip
    assert TOKEN not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in folder.iterdir() if path.name != "__pycache__") == before, "a check leaves nothing"
    assert not list(_scratch(folder).iterdir()), "not even in the temporary folder"
    return done


def _scratch(folder: Path) -> Path:
    scratch = folder.parent / f"{folder.name}-scratch"
    scratch.mkdir(exist_ok=True)
    return scratch


def flat(said: "subprocess.CompletedProcess[str]") -> str:
    return " ".join(said.stdout.split())


def test_smoke_is_fit_at_the_cost_of_a_few_seconds(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = checked(tmp_path, "smoke")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert said.returncode == 0, said.stdout + said.stderr
    # what it costs itself, the target and the generator that it starts included; how long that takes is the machine's to say
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 10
    assert said.stdout.startswith("Nothing stands in the way of a run.")
    assert "reservers · browse: GET /rounds" in said.stdout
    assert "reservers · reserve, by sequence 1: ledger: in it" in said.stdout
    assert "ledger     1  sequence, person, round, key, content, at" in said.stdout
    assert "its clock was set at /clock" in said.stdout


def test_a_shop_of_somebody_elses_is_fit(tmp_path: Path, shop: Shop) -> None:
    said = checked(tmp_path, "./shop.yaml")

    assert said.returncode == 0, said.stdout + said.stderr
    assert shop.asked == [f"Bearer {TOKEN}-39"], "exactly one person, the last row"
    assert "row 39 of the 40 in users.csv" in said.stdout
    assert "TLSv1.3" in said.stdout and "its certificate is for localhost" in flat(said)
    assert "rule 1 (code: 0)" in said.stdout and "authorization: Bearer …" in said.stdout
    assert "buyers · buy, by key: ledger: in it" in said.stdout


def test_a_wrong_authority_is_found_before_anything_starts(tmp_path: Path, shop: Shop) -> None:
    said = checked(tmp_path, "./shop.yaml", "--set", "target.transport.ca=other.pem")

    assert said.returncode == 2
    assert "the way to localhost:" in said.stdout and "certificate verify failed" in said.stdout
    assert "expected  a certificate that somebody we trust vouches for" in said.stdout
    assert "`target.transport.ca`" in said.stdout
    assert not shop.asked


def test_a_token_that_is_not_taken_inside_a_200_points_at_the_tokens(tmp_path: Path, shop: Shop) -> None:
    shop.answer = {"code": 40101, "message": "expired"}
    said = checked(tmp_path, "./shop.yaml")

    assert said.returncode == 2
    assert "buyers · buy came 200 → " in flat(said)
    assert "expected an answer that lets the person in do look at the column jwt of users.csv" in flat(said)
    assert "UNKNOWN acknowledged_is_kept" in flat(said)


def test_an_answer_that_no_rule_knows_is_shown_masked(tmp_path: Path, shop: Shop) -> None:
    shop.answer = {"code": "MOON", "buyer": "Li Lei"}
    said = checked(tmp_path, "./shop.yaml")

    assert said.returncode == 2
    assert "an answer that a rule of the step knows" in said.stdout and "`crowds.buyers.steps.buy.outcomes`" in flat(said)
    assert '{"code": "MOON", "buyer": "…"}' in said.stdout and "Li Lei" not in said.stdout


def test_a_promised_key_that_is_not_there_is_named_with_the_fields_that_are(tmp_path: Path, shop: Shop) -> None:
    shop.answer = {"code": 0, "data": {"order_id": "o-17"}, "trace": "x"}
    said = checked(tmp_path, "./shop.yaml")

    assert said.returncode == 2
    assert "buyers · buy came 200, a body with code, data, trace expected the field data.id" in flat(said)
    assert "o-17" not in said.stdout


def test_a_rule_on_a_field_that_is_not_there_is_named_with_the_fields_that_are(tmp_path: Path, shop: Shop) -> None:
    shop.answer = {"kode": 0, "data": {"id": "o-17"}}
    said = checked(tmp_path, "./shop.yaml")

    assert said.returncode == 2
    assert "came 200, a body with kode, data expected the field code" in flat(said)


def test_a_target_that_never_answers_gives_the_steps_time_out(tmp_path: Path, shop: Shop) -> None:
    shop.silent = True
    begun = time.monotonic()
    said = checked(tmp_path, "./shop.yaml")

    assert said.returncode == 2
    assert "no answer → doubt (no answer within 2 s)" in flat(said)
    assert time.monotonic() - begun < 25


def test_a_ledger_without_the_columns_is_named_with_those_it_has(tmp_path: Path, shop: Shop) -> None:
    shop.book = "order,user,item,at\no-17,{user},lamp,{at}\n"
    said = checked(tmp_path, "./shop.yaml")

    assert said.returncode == 2
    assert "ledger ledger came" in flat(said) and "order, user, item, at" in flat(said)
    assert "mend `ledgers.ledger.http`" in said.stdout


def test_an_order_that_is_not_in_the_book_is_broken_by_one_person(tmp_path: Path, shop: Shop) -> None:
    shop.book = "id,user,item,at\no-16,{user},lamp,{at}\n"
    said = checked(tmp_path, "./shop.yaml")

    assert said.returncode == 1
    assert said.stdout.startswith("One person was enough to break what must never be.")
    assert "buyers · buy, by key: ledger: not in it" in said.stdout


def test_a_port_where_nobody_listens_is_the_way(tmp_path: Path, shop: Shop) -> None:
    said = checked(tmp_path, "./shop.yaml", "--target", "https://localhost:9")

    assert said.returncode == 2
    assert "the way to localhost:9 came connection refused" in flat(said)


def test_hooks_are_left_alone_and_another_person_can_be_named(tmp_path: Path, shop: Shop) -> None:
    said = checked(tmp_path, "./shop.yaml", "--row", "7", "--set", "before=[touch reset]")

    assert said.returncode == 0
    assert shop.asked == [f"Bearer {TOKEN}-7"]
    assert "1 command of `before` and `after` was not run" in said.stdout


def test_a_row_that_is_not_there_is_refused(tmp_path: Path, shop: Shop) -> None:
    said = checked(tmp_path, "./shop.yaml", "--row", "40")

    assert said.returncode == 2
    assert "--row: expected a number from 0 to 39, found 40" in said.stderr
