"""What `rushproof plan` prints, whole."""

from rushproof.arrivals import Steady
from rushproof.budget import Limit
from rushproof.needs import Here
from rushproof.outlook import People, outlook
from rushproof.plan import CrowdPlan, Plan
from rushproof.population import PopulationSpec
from rushproof.quantity import Bound, Count, Duration, Rate
from rushproof.render.outlook import render, size
from rushproof.scenario import CrowdSpec, Scenario, TargetSpec
from rushproof.timetable import Moment, Timetable, Window
from tests.render.conftest import NASTY

MINUTE = Timetable(first=Moment.read("open"), last=Moment.read("open + 60s"), moments={"open": Moment.read("09:00")})
COME = Steady(first=Moment.read("open"), length=Duration(60))

WHOLE = """\
Plan of shop: A minute.
════════════════════════════════════════════════════════════════════════════════════════════════════
  09:00:00 to 09:01:00: 6 s on the wall, and at most 30 s of draining. Nothing was sent.

People
  crowd   people  visits  steps       promising
  ─────────────────────────────────────────────
  buyers     600     600  look, take  take
  600 people are taken of the 2,000 in people.csv, of which 900 are used up: 500 are left, enough
  for 0 more such runs.

Visits a second
  ██████

  from      to        visits     mean     peak  mean at full size    peak
  ───────────────────────────────────────────────────────────────────────
  09:00:00  09:00:10     100  100.0/s  100.0/s             20.0/s  20.0/s
  09:00:10  09:00:20     100  100.0/s  100.0/s             20.0/s  20.0/s
  09:00:20  09:00:30     100  100.0/s  100.0/s             20.0/s  20.0/s
  09:00:30  09:00:40     100  100.0/s  100.0/s             20.0/s  20.0/s
  09:00:40  09:00:50     100  100.0/s  100.0/s             20.0/s  20.0/s
  09:00:50  09:01:00     100  100.0/s  100.0/s             20.0/s  20.0/s

  window  from      to        visits     mean     peak  mean at full size    peak
  ───────────────────────────────────────────────────────────────────────────────
  rush    09:00:00  09:00:30     300  100.0/s  100.0/s             20.0/s  20.0/s

Requests and rows, about
  1,200 requests, if every visit takes each of its steps once; loops and second tries are more
  600 attempts of promising steps, and as many rows of a ledger if each is kept
  46.9 kB of journal (29.6 kB attempts, 14 kB histograms, 3.28 kB the rest), 16 kB of ledger

The machine
  64 connections at most, 64 descriptors a worker (here at most 32) – TOO FEW
  64 local ports, those kept back for a minute included (here 28,232 a source address)
  128 kB of memory for every second that a visit of the busiest second lasts, 80.8 MB if nobody ever
    left (here 8.59 GB)
  the busiest second brings 100 visits, 0.0078 of one worker's core and so 1 worker, by what the
    machine of docs/figures.md sustained (25,485 requests/s in plain HTTP); 1 is planned, and here
    are 2 cores

Factors
  50 % of the people (scale 0.5)
  10 seconds of the scenario in each wall second (speed 10)
  rates are those of the scenario × 0.5 × 10 = × 5, and so are their bounds
  Kept: arrivals per wall second, outcomes, and every invariant.
  Lost: queues that overload builds, and how long people wait in them, shrink by the speed. Latency,
    shed and go or no-go figures carry over to speed 1 only where the target's utilisation stayed
    under 0.8 throughout; elsewhere they say `compressed`.

Findings that are settled or worth little beforehand
  UNKNOWN  paid
           It reads orders, and no ledger of that name is in `ledgers`.
  BROKEN   persons
           12 of 2,000 tokens end before the run does.
  THIN     p99 take (rush) ≤ 1s
           About 300 visits come in the window rush, so 3 of their samples lie beyond a p99; 10
           ought to.
  UNKNOWN: it cannot be judged.  BROKEN: it cannot be kept.  THIN: it will be judged, on too little.
"""


def foreseen(about="A minute.", crowds=None, people=None, limits=(), forecast=None, **more):
    scenario = Scenario(
        name="shop", about=about, target=TargetSpec(url="http://127.0.0.1:1", clock="/clock"), timetable=MINUTE,
        budget=limits, forecast=forecast,
        windows={"rush": Window(Moment.read("open"), Moment.read("open + 30s"))} if limits else {},
        crowds={"buyers": CrowdSpec(persona="./buyer.py", arrivals=COME)},
    )  # fmt: skip
    plan = Plan(
        run="", salt="", seed=1, url="", crowds=crowds or (CrowdPlan("buyers", "buyer.py", 600, COME),), timetable=MINUTE,
        population=PopulationSpec(registered=Count(2_000)), scale=0.5, speed=10.0,
    )  # fmt: skip
    here = Here(cores=2, memory=8 * 2**30, descriptors=32 if limits else None, ports=28_232)
    return outlook(scenario, plan, {"buyers": {"look": None, "take": "purchase"}}, here, people=people, **more)


def test_a_plan_is_told_whole():
    limit = Limit(measure="p99", step="take", window="rush", at_most=Bound.read("1s"))
    people = People(source="people.csv", known=2_000, used=900, notes=("12 of 2,000 tokens end before the run does.",))

    assert render(foreseen(people=people, limits=(limit,), tables={"paid": ("orders",)})).decode() == WHOLE


def test_a_plan_with_nothing_against_it_says_so():
    page = render(foreseen()).decode()

    assert page.endswith("Findings\n  Nothing speaks against any of them beforehand.\n")
    assert "descriptors a worker (here at most no limit)" in page


def test_the_busiest_second_is_held_against_the_forecast():
    page = render(foreseen(forecast=Rate(10.0))).decode()

    assert "  Forecast are 10.0/s at full size; the busiest second here is 20.0/s, which is 2 × that.\n" in page


def test_names_of_a_scenario_move_no_cursor_and_lines_keep_to_the_page():
    page = render(foreseen(about=NASTY)).decode()

    assert "\x1b" not in page
    assert max(map(len, page.splitlines())) <= 100


def test_ordinary_users_and_empty_seconds_are_shown():
    page = render(foreseen(crowds=(CrowdPlan("buyers", "buyer.py", 0, None, users=5),))).decode()

    assert "5 users" in page and "in a closed loop" in page
    assert "Visits a second\n  nobody is due at any time\n" in page
    assert "what ordinary Locust users take was not measured" in page


def test_bytes_are_told_as_people_say_them():
    assert [size(amount) for amount in (0, 999, 1_000, 2_500_000, 7.2e9)] == ["0 bytes", "999 bytes", "1 kB", "2.5 MB", "7.2 GB"]
