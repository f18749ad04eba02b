"""What `rushproof check` prints, whole."""

import msgspec

from rushproof.arrivals import Steady
from rushproof.foresight import Doubt
from rushproof.frame import Exchange
from rushproof.obstacle import Obstacle
from rushproof.quantity import Duration
from rushproof.render.walk import render
from rushproof.scenario import CrowdSpec, Scenario, TargetSpec
from rushproof.timetable import Moment, Timetable
from rushproof.verdict import Finding, Kind, Status
from rushproof.walk import Acknowledged, ClockShown, Greeting, LedgerSeen, Walk
from tests.render.conftest import NASTY

OPEN = Moment.read("09:00")
SHOP = Scenario(
    name="shop",
    about="A shop.",
    target=TargetSpec(url="https://shop.example"),
    timetable=Timetable(first=OPEN, last=Moment.read("09:01")),
    crowds={"buyers": CrowdSpec(persona="./buyer.py", arrivals=Steady(first=OPEN, length=Duration(60)))},
    before=("python reset.py",),
)
MET = Greeting(
    url="https://shop.example", address="127.0.0.1:8443", tls="TLSv1.3", subject="shop.example", issuer="Our CA", days=90.4,
    answered="HTTP/1.1 200", offset=-0.25, resolution=0.503,
)  # fmt: skip
BUY = Exchange(
    crowd="buyers", step="buy", request="POST /orders", sent=("authorization: Bearer …", '{"item": "…"}'), status=200,
    received=("content-type: application/json", '{"code": 0, "data": {"id": "…"}}'), outcome="ok", why="rule 1 (code: 0)", took=0.0123,
    protocol="HTTP/1.1 over TLSv1.3", promised="key set, content set",
)  # fmt: skip
DONE = Walk(
    scenario=SHOP,
    people={"buyers": "row 99 of users.csv"},
    at=32_400.0,
    greeting=MET,
    clock=ClockShown("/clock", 0.004),
    exchanges=(BUY,),
    acknowledged=(Acknowledged(crowd="buyers", step="buy", named="by key", found={"ledger": "in it", "audit_log": "not in it"}),),
    ledgers=(
        LedgerSeen(name="ledger", rows=1, columns=("sequence", "person", "key"), empty=("sequence",)),
        LedgerSeen(name="audit_log", there=False),
    ),
    doubts=(Doubt("no_gap", "unknown", "ledger has no row"),),
)

WHOLE = """\
Nothing stands in the way of a run.
Check of shop: A shop.
════════════════════════════════════════════════════════════════════════════════════════════════════
  buyers: row 99 of users.csv
  came at 09:00:00 of the scenario, and did not wait where people think
  1 command of `before` and `after` was not run: they change data, and a check changes only what its
    person asks for

The way there
  https://shop.example at 127.0.0.1:8443, TLSv1.3; asked whether it is ready: HTTP/1.1 200
  its certificate is for shop.example, from Our CA, good for 90 days
  its wall clock is 250 ms behind this machine's, ± 503 ms
  the load spoke HTTP/1.1 over TLSv1.3
  its clock was set at /clock, and it is 4 ms ahead

What was said, values masked
  buyers · buy: POST /orders
    > authorization: Bearer …
    > {"item": "…"}
    200 → ok (rule 1 (code: 0)), 12.3 ms
    < content-type: application/json
    < {"code": 0, "data": {"id": "…"}}
    promised: key set, content set

Acknowledged
  buyers · buy, by key: ledger: in it; audit_log: not in it

Ledgers
  ledger     rows  columns
  ──────────────────────────────────────────────
  ledger        1  sequence (empty), person, key
  audit_log     –  could not be brought in

Findings that a run will not tell, or hardly
  UNKNOWN  no_gap
           Ledger has no row.
"""


def told(**changes):
    return render(msgspec.structs.replace(DONE, **changes)).decode()


def test_a_walk_is_told_whole():
    assert told() == WHOLE


def test_what_has_to_be_mended_comes_first_with_what_to_do():
    shut = Obstacle(where="buyers · buy", came="401 → error", expected="an answer that lets the person in", advice="look at the tokens")
    page = told(obstacles=(shut, shut))

    assert page.startswith("2 things are to be mended before a run.\nCheck of shop")
    assert (
        "  buyers · buy\n    came      401 → error\n    expected  an answer that lets the person in\n    do        look at the tokens\n"
        in page
    )


def test_a_walk_that_did_not_begin_says_what_is_in_the_way_and_nothing_else():
    way = Obstacle(where="the way to shop.example:443", came="connection refused", expected="a connection", advice="look at `target.url`")
    page = render(Walk(scenario=SHOP, people={}, obstacles=(way,))).decode()

    assert page.startswith("1 thing is to be mended before a run.")
    assert "What was said" not in page and "Acknowledged" not in page and "The way there" not in page


def test_an_invariant_that_one_person_broke_is_shown_with_its_example():
    broken = Finding(
        name="kept", kind=Kind.INVARIANT, status=Status.FAIL, sentence="Broken 1 times in 1: It is kept.", examples=("key 3f2a…",)
    )
    page = told(broken=(broken,), doubts=())

    assert page.startswith("One person was enough to break what must never be.")
    assert "Broken by one person\n  kept\n    Broken 1 times in 1: It is kept.\n    · key 3f2a…\n" in page
    assert page.endswith("Findings\n  Each that the scenario claims can be told.\n")


def test_clocks_that_are_far_apart_and_certificates_that_end_are_pointed_at():
    page = told(greeting=msgspec.structs.replace(MET, offset=3.0, days=3.0), clock=ClockShown("/clock", None))

    assert "its wall clock is 3 s ahead of this machine's, ± 503 ms; TOO FAR for times of both sides to be compared" in " ".join(
        page.split()
    )
    assert "good for 3 days; RENEW IT SOON" in page
    assert "and it does not say what it shows" in page


def test_plain_http_without_a_date_and_an_unverified_certificate_say_so():
    assert "it tells no Date" in told(greeting=msgspec.structs.replace(MET, offset=None))
    assert "was not looked at (`verify: false`)" in told(greeting=msgspec.structs.replace(MET, days=None))
    assert "plain HTTP" in told(greeting=msgspec.structs.replace(MET, tls="")) and "certificate" not in told(
        greeting=msgspec.structs.replace(MET, tls="")
    )


def test_no_answer_and_no_acknowledgement_are_told():
    lost = msgspec.structs.replace(BUY, status=0, outcome="doubt", why="no answer within 2 s", received=(), promised="")
    page = told(exchanges=(lost,), acknowledged=())

    assert "no answer → doubt (no answer within 2 s), 12.3 ms" in page
    assert "Acknowledged\n  nothing: no promising step came out ok; where this person had it already" in page


def test_notes_are_shown_unless_they_were_told_above():
    shut = Obstacle(where="ledger seats", came="the ledger seats was not fetched: 404", expected="a table", advice="mend it")
    page = told(notes=("the ledger seats was not fetched: 404", "a connection failed"), obstacles=(shut,))

    assert page.count("was not fetched") == 1
    assert "\n\nNotes\n  a connection failed\n\n" in page


def test_names_of_a_target_move_no_cursor():
    page = told(greeting=msgspec.structs.replace(MET, subject=NASTY), exchanges=(msgspec.structs.replace(BUY, received=(NASTY,)),))

    assert "\x1b" not in page
