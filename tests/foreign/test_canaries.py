"""Nothing of anybody is left: every byte of every file of a run, of what commands say, and of their command lines is looked through."""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
import trustme
from canary import Canaries, disguises
from company import SECRET, Company
from gate import PASSWORD, USER, gate
from page import Said, say, settle

GATE_KEY, BODY_SECRET, SIGNATURE, ENVIRON = "canary-of-the-gate-7788", "canary-in-settings-5150", "canary-of-the-hook-3311", "canary-2600"
AFTERWARDS = ("audit out/run", "report out/run --format hlog", "report --go-no-go out/run --out out/page", "runs out")
"""what is done with a run's folder later"""
OTHER = "canary-of-another-account-8899"
CHECK = "check seats/my_scenario.yaml"
MISTAKES = {
    f"SEATS_DSN=postgresql://me:{OTHER}@127.0.0.1:1/seats rushproof {CHECK}": "ledgers.ledger.dsn: the database cannot be reached",
    f"rushproof {CHECK} --set ledgers.ledger.sql='SELECT user_id FROM bookings'": "no column person",
    f"rushproof {CHECK} --set target.transport.ca=other.pem": "certificate verify failed",
    f"rushproof {CHECK} --set persons.file=old.csv": "persons.token: all",
    f"rushproof {CHECK} --set crowds.bookers.steps.book.promises.key=data.nope": "the field data.nope",
}
"""what a stranger gets wrong, and the words by which it is told"""
SIGNED = "signer: ./sign_in.py:sign, ahead: 500ms, refresh: 1s,"
SHORT = "--set timetable.to='open + 1500ms' --set crowds.bookers.arrivals.for=1500ms --set crowds.bookers.arrivals.rate=60/s"

PERSONA = '''
import asyncio

from rushproof.driver import Crowd, Settings, Step


class MySettings(Settings, frozen=True):
    """Something that nobody must read."""

    secret: str = ""


async def gossip(words):
    raise OSError(words)


class Talker(Crowd):
    """Tells the service everything about themselves, and stumbles over it."""

    Settings = MySettings
    steps = {"look": Step(), "book": Step(), "again": Step(), "sdk": Step()}

    def sign(self, request, person):
        return {"X-Signature": "canary-of-the-hook-3311." + person.token[-12:]}

    async def visit(self, person, target):
        await target.get(f"/api/v2/activities?uid={person.id}", step="look", person=person)
        wish = {"activityId": "ACT-8001", "storeCode": person["store"], "contactPhone": person["phone"]}
        mine = {**wish, "realName": person["real_name"], "secret": self.settings.secret}
        for step in ("book", "again"):
            await target.post("/api/v2/bookings", mine, step=step, person=person, headers={"X-Uid": person.id})
        everything = f"{person.id} {person.token} {person['phone']} {person['real_name']} {mine}"
        async with target.step("sdk", person=person, failures=(LookupError,)):
            raise LookupError(everything)
        match person.index % 5:
            case 0:
                raise ValueError(everything)
            case 1:
                {}[person["phone"]]
            case 2:
                await target.get(f"/{person.id}", step=person["real_name"], person=person)
            case 4:
                asyncio.get_running_loop().create_task(gossip(everything))
            case 3:
                await target.post("/api/v2/bookings", {"who": object()}, step="book", person=person)
'''
SIGNER = """
import os
import time

import jwt


def sign(person):
    if person.index > 70 and person.index % 7 == 0:
        raise ValueError(f"no token for {person.id} {person['phone']} {os.environ['JWT_SECRET']}")
    return jwt.encode({"sub": person.id, "exp": int(time.time()) + 3}, os.environ["JWT_SECRET"], "HS256")
"""
HERE = {
    "attributes: [store, phone]": "attributes: [store, phone, real_name]",
    "X-Load-Test: rush}": 'X-Gate-Key: "${env:GATE_KEY}", X-User: "{id}"}\n    proxy: ${env:GATE}',
    "    persona: ./my_visitor.py": "    persona: ./my_visitor.py\n    connections: {cookies: true}\n"
    "    settings: {secret: '${file:secret.txt}'}",
    "- {body: {code: [1001, 1002, 1003]}, outcome: refused}": "- {body: {code: 1002}, outcome: refused}",
    "      look: {outcomes: [{body: {code: 0}, outcome: ok}]}": "      look: {outcomes: [{body: {code: 0}, outcome: ok}]}\n"
    "      again: {outcomes: [{body: {code: 0}, outcome: ok}]}",
}
"""what the tutorial's scenario is given beyond, so that there is something to leak"""


class Stage:
    """A stranger's folder with canaries everywhere, and what has been said in it."""

    def __init__(self, company: Company, folder: Path, proxy: str, batch: str) -> None:
        self.company, self.folder = company, folder
        self.said: list[Said] = []
        self.scenario = settle(company, folder, users=200)
        company.users(folder / "seats" / "users.csv", 200, batch=batch)
        text = self.scenario.read_text("utf-8")
        for before, after in HERE.items():
            assert before in text
            text = text.replace(before, after)
        self.scenario.write_text(text, "utf-8")
        (folder / "seats" / "my_visitor.py").write_text(PERSONA, "utf-8")
        (folder / "seats" / "sign_in.py").write_text(SIGNER, "utf-8")
        (folder / "seats" / "secret.txt").write_text(BODY_SECRET)
        company.users(folder / "seats" / "old.csv", 200, hours=-1, batch=batch)
        trustme.CA().cert_pem.write_to_path(folder / "seats" / "other.pem")
        (folder / "scratch").mkdir()
        (folder / "out").mkdir()
        self.surroundings = {
            "GATE": proxy,
            "GATE_KEY": GATE_KEY,
            "HTTPS_PROXY": f"http://u:{ENVIRON}@127.0.0.1:9",
            "TMPDIR": str(folder / "scratch"),
            "JWT_SECRET": SECRET,
        }

    def plays(self, commands: Sequence[str]) -> None:
        for words in commands:
            self.said.append(say(self.company, self.folder, words, **self.surroundings))

    def leaks(self) -> str:
        """Wherever something was left, a line each: run folders, scratch files, and what the commands printed."""
        secrets = {
            "the proxy's password": PASSWORD,
            "the proxy's user": f"{USER}:{PASSWORD}",
            "the gate's key": GATE_KEY,
            "a setting's secret": BODY_SECRET,
            "a signature": SIGNATURE,
            "the environment's proxy": ENVIRON,
            "another account's password": OTHER,
        }
        canaries = Canaries(self.company, self.folder / "seats" / "users.csv", **secrets)
        printed = [leak for nth, one in enumerate(self.said) for leak in canaries.found(f"what command {nth} printed", one.text.encode())]
        return "\n".join(printed + canaries.left(self.folder / "out") + canaries.left(self.folder / "scratch"))


@contextmanager
def watched() -> Iterator[set[bytes]]:
    """The command lines of every process of this machine, gathered while it lasts."""
    found: set[bytes] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            for process in os.listdir("/proc"):
                if process.isdecimal():
                    try:
                        found.add(Path("/proc", process, "cmdline").read_bytes())
                    except OSError:
                        continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


@pytest.fixture(scope="module")
def stages(company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    """Four strangers at once: one runs with tokens from the file, one with a signer, one looks before the load, one gets it wrong."""
    run = f"rushproof run seats/my_scenario.yaml --out out/run {SHORT}"
    commands = {
        "file": (run, *(f"rushproof {words}" for words in AFTERWARDS)),
        "signer": (run,),
        "before": (f"rushproof {CHECK} {SHORT}", f"rushproof plan seats/my_scenario.yaml {SHORT}"),
        "mistakes": tuple(f"{words} {SHORT}" for words in MISTAKES),
    }
    with gate() as (proxy, answers), ThreadPoolExecutor(len(commands)) as at_once:
        stages = {name: Stage(company, tmp_path_factory.mktemp(name), proxy, batch=name) for name in commands}
        signed = stages["signer"].scenario
        signed.write_text(signed.read_text().replace("token: jwt, expires: valid_until,", SIGNED))
        with watched() as lines:
            list(at_once.map(lambda name: stages[name].plays(commands[name]), commands))
        assert answers.count(200) > 0, "they went through the proxy that has a password"
        stages["file"].said.append(Said(b"\n".join(lines).decode("utf-8", "replace"), 0))
        yield stages


def test_a_run_leaves_nothing_of_anybody(stages: dict[str, Stage]) -> None:
    ran = stages["file"].said[0].text
    assert stages["file"].company.rows("SELECT count(*) FROM bookings")[0][0] > 40, ran
    for kind in ("ValueError", "KeyError", "PersonaError", "TypeError", "OSError was raised", "fits no rule"):
        assert kind in ran, "the canaries sang, and it was told by whom"
    assert stages["file"].leaks() == ""


def test_a_signers_tokens_and_its_slips_are_kept(stages: dict[str, Stage]) -> None:
    assert (stages["signer"].folder / "out" / "run" / "verdict.json").is_file(), stages["signer"].said[0].text
    assert "the signer raised ValueError" in stages["signer"].said[0].text
    assert stages["signer"].leaks() == ""


def test_what_is_said_before_the_load_names_nobody(stages: dict[str, Stage]) -> None:
    assert all("bookers" in said.text for said in stages["before"].said)
    assert stages["before"].leaks() == ""


def test_what_is_said_of_mistakes_holds_no_secret(stages: dict[str, Stage]) -> None:
    for said, words in zip(stages["mistakes"].said, MISTAKES.values(), strict=True):
        assert said.code == 2, said.text
        assert words in said.text
    assert stages["mistakes"].leaks() == ""


def test_a_canary_in_any_corner_would_be_found(company, tmp_path):
    users = company.users(tmp_path / "users.csv", 3)
    canaries = Canaries(company, users, secret="canary-9999")
    name, phone = users.read_text().splitlines()[1].split(",")[3:5]
    (tmp_path / "out").mkdir()
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE people AS SELECT range AS n, ? AS phone FROM range(1000)", [phone])
        connection.table("people").write_parquet(str(tmp_path / "out" / "deep.parquet"), compression="zstd")
    (tmp_path / "out" / "page.html").write_bytes(min(disguises(name), key=lambda form: form.isascii()))
    (tmp_path / "out" / "canary-9999").touch()
    found = ["a name in page.html", "a phone number in deep.parquet", "secret in canary-9999"]
    assert sorted(set(kinds(canaries.left(tmp_path / "out")))) == found
    made = b"bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.x sess.0123456789abcdef01234567"
    assert kinds(canaries.found("x", made)) == ["a session cookie in x", "a token in x"]


def kinds(leaks: list[str]) -> list[str]:
    return [leak.partition(":")[0] for leak in leaks]
