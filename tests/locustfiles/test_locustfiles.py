"""The files in locustfiles/: one persona each, under a name that hides nothing, and all of them run."""

import asyncio
import csv
import datetime as dt
import importlib.machinery
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from rushproof.personas import cast, is_user, load
from rushproof.population import Person, Population, PopulationSpec
from rushproof.sample import Outcome

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "locustfiles").glob("*.py"))
PERSONAS = [file for file in FILES if "rushproof" in file.read_text()]
DEADLINE = 30.0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_stem_hides_no_module(file: Path) -> None:
    elsewhere = [entry for entry in sys.path if Path(entry) != file.parent]

    assert file.stem not in sys.stdlib_module_names
    assert importlib.machinery.PathFinder.find_spec(file.stem, elsewhere) is None


@pytest.mark.parametrize("file", PERSONAS, ids=lambda file: file.stem)
def test_a_file_holds_one_persona_named_like_the_file_with_a_sentence_about_it(file: Path) -> None:
    persona = load(str(file))

    assert len(cast(str(file))) == 1
    assert re.sub(r"(?<!^)(?=[A-Z])", "_", persona.__name__).lower() == file.stem
    assert (persona.__doc__ or "").endswith(".")
    assert persona.steps


def test_an_ordinary_locust_file_is_shown_that_knows_nothing_of_rushproof() -> None:
    file = ROOT / "locustfiles" / "plain_browser.py"
    code = f"import rushproof.personas as p; (kind,) = p.cast({str(file)!r}); print(kind.__name__, p.is_user(kind))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=DEADLINE, check=True)

    assert "rushproof" not in file.read_text()
    assert done.stdout.split() == ["PlainBrowser", "True"]
    assert not is_user(Person)


class TestDailyReserver:
    """Which rounds a person enters."""

    persona = load(str(ROOT / "locustfiles" / "daily_reserver.py"))

    def chosen(self, people: int, **settings: object) -> list[list[str]]:
        one = self.persona()
        one.settings = self.persona.Settings(**settings)
        return [one.chosen(Population(PopulationSpec(), 1).person(index), ["r1", "r2", "r3", "r4"]) for index in range(people)]  # type: ignore[attr-defined]

    def test_everybody_enters_one_round_at_least_and_two_point_two_on_average(self) -> None:
        chosen = self.chosen(4000)

        assert min(len(rounds) for rounds in chosen) == 1
        assert sum(len(rounds) for rounds in chosen) / 4000 == pytest.approx(2.2, abs=0.06)  # five standard errors
        assert all(len(set(rounds)) == len(rounds) for rounds in chosen)
        assert {rounds[0] for rounds in chosen} == {"r1", "r2", "r3", "r4"}

    def test_the_same_person_makes_the_same_choice_every_time(self) -> None:
        assert self.chosen(50) == self.chosen(50)

    def test_one_entry_is_one_round_and_four_are_all(self) -> None:
        assert {len(rounds) for rounds in self.chosen(50, entries=1.0)} == {1}
        assert {len(rounds) for rounds in self.chosen(50, entries=4.0)} == {4}


class TestWinner:
    """When a winner pays, tries again and comes to the shop."""

    persona = load(str(ROOT / "locustfiles" / "winner.py"))
    people = Population(PopulationSpec(), 1)

    def one(self, **settings: object) -> object:
        one = self.persona()
        one.settings = self.persona.Settings(**settings)
        return one

    def test_most_pay_at_once_and_the_others_the_more_the_nearer_the_deadline(self) -> None:
        winner = self.one()
        waits = [winner.put_off(self.people.person(index), 86_400.0, 0, False) for index in range(4000)]  # type: ignore[attr-defined]
        quarters = [sum(21_600.0 * nth <= wait < 21_600.0 * (nth + 1) for wait in waits) for nth in range(4)]

        assert min(waits) >= 0.0 and max(waits) <= 86_400.0
        assert sum(wait < 1200.0 for wait in waits) / 4000 == pytest.approx(0.6, abs=0.04)
        assert quarters[1] < quarters[2] < quarters[3]

    def test_with_a_hazard_of_one_over_the_time_left_payments_are_even_over_it(self) -> None:
        winner = self.one(at_once=0.0, postponing=1.0)
        waits = sorted(winner.put_off(self.people.person(index), 1000.0, 0, False) for index in range(2000))  # type: ignore[attr-defined]

        assert [waits[500], waits[1000], waits[1500]] == pytest.approx([250.0, 500.0, 750.0], abs=50.0)

    def test_who_is_hurried_pays_before_the_deadline(self) -> None:
        winner = self.one()

        assert all(winner.put_off(self.people.person(index), 60.0, 0, True) <= 60.0 for index in range(200))  # type: ignore[attr-defined]

    def test_nine_in_ten_gaps_between_tries_are_between_two_and_thirty_seconds(self) -> None:
        winner = self.one()

        assert [winner.gap(chance) for chance in (0.05, 0.5, 0.95)] == pytest.approx([2.0, 60.0**0.5, 30.0], rel=0.01)  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("meant", "comes"),
        [(3600.0, 10 * 3600.0 + 18_000.0), (12 * 3600.0, 12 * 3600.0), (21 * 3600.0, 86_400.0 + 10 * 3600.0 + 18_000.0)],
        ids=["before it opens", "while it is open", "after it closed"],
    )
    def test_people_come_while_the_shop_is_open(self, meant: float, comes: float) -> None:
        opening = sys.modules[self.persona.__module__].opening

        assert opening(meant, 10 * 3600.0, 20 * 3600.0, 0.5, 10 * 86_400.0) == comes
        assert opening(11 * 86_400.0, 10 * 3600.0, 20 * 3600.0, 0.5, 10 * 86_400.0) < 10 * 86_400.0


class Evening:
    """A target of two hours in which nothing waits: it counts what is asked of it, and is away until a moment."""

    def __init__(self, away_until: float, told_at: float, reached_at: float) -> None:
        self.now, self.away_until, self.told_at, self.reached_at = 18 * 3600.0, away_until, told_at, reached_at
        self.tried: list[tuple[str, float]] = []
        self.paid = False

    async def wait(self, seconds: float) -> None:
        self.now += seconds

    async def get(self, path: str, *, step: str, person: Person) -> SimpleNamespace:
        state = "paid" if self.paid else "open"
        order = {
            "order": "o1", "round": "r1", "state": state, "pay_by": "2022-04-02T18:00:00", "affected": bool(self.tried),
            "told": "then" if self.now >= self.told_at else None, "reached": self.now >= self.reached_at,
        }  # fmt: skip
        now = (dt.datetime(2022, 4, 1) + dt.timedelta(seconds=self.now)).isoformat()
        results = [{"state": "won", "place": 0}]
        return SimpleNamespace(outcome=Outcome.OK, json=lambda: {"now": now, "orders": [order], "results": results})

    async def post(self, path: str, body: object, *, step: str, person: Person, about: object) -> SimpleNamespace:
        self.tried.append((step, self.now))
        if self.now < self.away_until:
            return SimpleNamespace(outcome=Outcome.REFUSED, json=lambda: {"code": "payment_under_way"})
        self.paid = True
        return SimpleNamespace(outcome=Outcome.OK, json=lambda: {"state": "succeeded", "payment": "o1.1"})


class TestWinnerInAnOutage:
    """How people try to pay who cannot, and who comes back when told."""

    persona = load(str(ROOT / "locustfiles" / "winner.py"))

    def evening(
        self, index: int, away_until: float = 19 * 3600.0, told_at: float = 21 * 3600.0, reached_at: float = 1e9, **settings: object
    ) -> Evening:
        one, evening = self.persona(), Evening(away_until, told_at, reached_at)
        one.settings = self.persona.Settings(at_once=1.0, never_pay=0.0, never_fetch=1.0, decide=0.0, **settings)
        asyncio.run(one.visit(Population(PopulationSpec(), 1).person(index), evening))
        return evening

    def test_the_first_try_is_one_step_and_all_the_others_another(self) -> None:
        steps = [step for step, _ in self.evening(1, gives_up_least=0.0, gives_up_most=0.0, tries=500).tried]

        assert steps[0] == "pay" and set(steps[1:]) == {"pay_again"}
        assert len(steps) > 100  # an hour, some ten seconds apart

    def test_who_gave_up_and_is_told_comes_back_after_the_message(self) -> None:
        evenings = [self.evening(index, gives_up_least=0.3, gives_up_most=0.3, told="21:00", comes_back=0.6) for index in range(300)]
        back = [evening for evening in evenings if evening.paid]

        assert len(back) / 300 == pytest.approx(0.6, abs=0.09)  # three standard errors
        assert all(evening.tried[-1][1] > 21 * 3600.0 for evening in back)
        assert all(evening.tried[-1][1] < 18.5 * 3600.0 for evening in evenings if not evening.paid)

    def test_who_is_told_late_looks_again_and_who_is_never_told_stays_away(self) -> None:
        words = {"gives_up_least": 0.3, "gives_up_most": 0.3, "told": "21:00", "comes_back": 1.0, "looks_again": 20}
        late = [self.evening(index, told_at=21.5 * 3600.0, **words) for index in range(50)]
        never = [self.evening(index, told_at=1e9, **words) for index in range(50)]

        assert all(evening.paid and evening.tried[-1][1] >= 21.5 * 3600.0 for evening in late)
        assert not any(evening.paid for evening in never)

    def test_whom_the_shop_has_reached_comes_the_next_day_and_whom_it_has_not_does_not(self) -> None:
        words = {"gives_up_least": 0.3, "gives_up_most": 0.3, "called": "17:00", "comes_when_called": 0.8}
        reached = [self.evening(index, reached_at=36 * 3600.0, **words) for index in range(300)]

        assert sum(evening.paid for evening in reached) / 300 == pytest.approx(0.8, abs=0.07)  # three standard errors
        assert all(evening.tried[-1][1] > 41 * 3600.0 for evening in reached if evening.paid)
        assert not any(self.evening(index, **words).paid for index in range(50))

    def test_nobody_comes_back_where_nobody_is_told(self) -> None:
        assert not any(self.evening(index, gives_up_least=0.3, gives_up_most=0.3).paid for index in range(50))


class TestShopClerk:
    """What a call comes to."""

    def test_four_in_five_are_reached_and_most_of_the_others_are_called_again(self) -> None:
        persona = load(str(ROOT / "locustfiles" / "shop_clerk.py"))
        clerk = persona()
        clerk.settings = persona.Settings()
        outcomes = [clerk.outcome(Population(PopulationSpec(), 1).person(index), 0) for index in range(4000)]  # type: ignore[attr-defined]

        assert outcomes.count("reached") / 4000 == pytest.approx(0.808, abs=0.03)
        assert outcomes.count("gave_up") / 4000 == pytest.approx(0.192 * 0.2, abs=0.02)


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[str]:
    """The reference backend on a port of its own; its URL."""
    words = ["--port", "0", "--database", str(tmp_path / "database"), "--set", "verifier_away=admit"]  # there is no verification
    command = [sys.executable, "-m", "fake_backend", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().rsplit(maxsplit=1)[-1]
        process.terminate()
        process.wait(DEADLINE)


def test_locust_runs_every_file_against_the_reference_backend(backend: str, tmp_path: Path) -> None:
    files = ",".join(str(file) for file in FILES)
    options = ["--headless", "-u", "40", "-r", "40", "-t", "3s", "--host", backend, "--csv", "out"]
    command = [sys.executable, "-m", "locust", "-f", files, *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    with (tmp_path / "out_stats.csv").open() as file:
        rows = {row["Name"]: int(row["Request Count"]) for row in csv.DictReader(file)}
    with urllib.request.urlopen(f"{backend}/ledger/reservations.csv?after=0&limit=100000", timeout=DEADLINE) as answer:
        stored = len(answer.read().splitlines()) - 1

    assert done.returncode == 0, done.stderr
    assert set(rows) >= {"browse", "reserve", "rounds", "reservation", "look", "results", "shops", "follow_ups", "register", "Aggregated"}
    assert rows["browse"] > 5  # a few a second, for most of three seconds
    assert 0 < rows["reserve"] <= stored  # more are stored than were answered before the end
