"""Load goes where its owner said and nowhere else: not by an unlisted host, not by a redirect, not by a name that changes its mind."""

import json
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from page import Said, say, settle

ELSEWHERE = "192.0.2.1"
"""an address that is nobody's (TEST-NET-1), and not this machine"""
NAMES = Path(__file__).parent / "names"
SHORT = "--set timetable.to='open + 1s' --set crowds.bookers.arrivals.for=1s --set crowds.bookers.arrivals.rate=40/s"
RUN = f"rushproof run seats/my_scenario.yaml --out run {SHORT}"


@contextmanager
def bystander() -> Iterator[tuple[str, list[bytes]]]:
    """Another host, at another loopback address, and whoever came by there."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.2", 0)) as listener:

        def watch() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(2)
                    came.append(connection.recv(4096))

        threading.Thread(target=watch, daemon=True).start()
        yield f"http://127.0.0.2:{listener.getsockname()[1]}", came
        listener.shutdown(socket.SHUT_RDWR)


def refused(said: Said, folder: Path) -> str:
    """What was said by a command that started nothing and left nothing."""
    assert said.code == 2, said.text
    assert not (folder / "run").exists()
    assert "Traceback" not in said.text
    return said.text


class Case(NamedTuple):
    """What somebody asks for, what `targets.yaml` says, what `seats.test` is, and the words of the refusal."""

    asks: str
    words: tuple[str, ...]
    listed: str = ""
    names: str = ""


THERE = f"--target https://{ELSEWHERE}:8443"
NAMED = "--target https://seats.test:8443"
CASES = {
    "an unlisted host": Case(THERE, ("not this machine", "--own-host")),
    "an unlisted host, version 6": Case("--target https://[2001:db8::1]:8443", ("not this machine", "--own-host")),
    "a host named on the command line only": Case(f"{THERE} --own-host {ELSEWHERE}", ("targets.yaml",)),
    "a host named beside another": Case(f"{THERE} --own-host {ELSEWHERE}", ("does not list it",), listed="192.0.2.2: {owner: us}"),
    "an address that leads off this machine": Case(f"--set target.transport.resolve={ELSEWHERE}", (ELSEWHERE,)),
    "a proxy off this machine": Case(f"--set target.transport.proxy=http://{ELSEWHERE}:3128", (ELSEWHERE,)),
    "a name that is elsewhere from the start": Case(NAMED, ("seats.test", ELSEWHERE), names=ELSEWHERE),
    "a name that is elsewhere for the calls beside the load": Case(NAMED, ("seats.test", ELSEWHERE), names=f"127.0.0.1,{ELSEWHERE}"),
    "a name that is elsewhere when the load connects": Case(NAMED, ("seats.test", ELSEWHERE), names=f"127.0.0.1 {ELSEWHERE}"),
    "a host of one's own that leaves its networks": Case(
        f"{NAMED} --own-host seats.test", (ELSEWHERE,), "seats.test: {owner: us, addresses: [127.0.0.0/8]}", f"127.0.0.1 {ELSEWHERE}"
    ),
}


@pytest.fixture(scope="module")
def folders(company, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A stranger's folder of that name, ready to run."""
    settled = tmp_path_factory.mktemp("settled") / "first"
    settle(company, settled, users=50)

    def made(name: str) -> Path:
        folder = tmp_path_factory.mktemp(re.sub(r"\W+", "-", name)) / "here"
        shutil.copytree(settled, folder)
        return folder

    return made


@pytest.fixture(scope="module")
def asked(company, folders: Callable[[str], Path]) -> dict[str, tuple[Said, Path]]:
    """What came of each case; four at once."""

    def ask(name: str) -> tuple[Said, Path]:
        case, folder = CASES[name], folders(name)
        if case.listed:
            (folder / "targets.yaml").write_text(f"hosts:\n  {case.listed}\n")
        return say(company, folder, f"{RUN} {case.asks}", **resolved(case.names)), folder

    with ThreadPoolExecutor(4) as at_once:
        return dict(zip(CASES, at_once.map(ask, CASES), strict=True))


def resolved(names: str) -> dict[str, str]:
    return {"NAMES": names, "PYTHONPATH": str(NAMES)} if names else {}


@pytest.mark.parametrize("name", CASES)
def test_load_goes_nowhere_unasked(name: str, asked: dict[str, tuple[Said, Path]]) -> None:
    text = refused(*asked[name])
    assert [words for words in CASES[name].words if words not in text] == []


def test_the_same_name_is_served_where_it_stays(company, folders: Callable[[str], Path]) -> None:
    folder, before = folders("served"), bookings(company)
    said = say(company, folder, f"{RUN} {NAMED}", **resolved("127.0.0.1"))
    assert (folder / "run" / "verdict.json").is_file(), said.text
    assert bookings(company) > before


def test_a_redirect_to_another_host_is_an_answer_and_never_followed(start, tmp_path: Path) -> None:
    with bystander() as (url, came), start(moved_to=url) as company:
        settle(company, tmp_path, users=50)
        beside = say(company, tmp_path, f"{RUN} --set target.ready=/api/v1/livez")
        assert "308" in refused(beside, tmp_path), "calls beside the load follow none either"
        persona = tmp_path / "seats" / "my_visitor.py"
        persona.write_text(persona.read_text().replace("/api/v2/", "/api/v1/"))
        said = say(company, tmp_path, RUN)
        assert bookings(company) == 0
    verdict = json.loads((tmp_path / "run" / "verdict.json").read_text())
    assert said.code in (1, 3)
    assert verdict["verdict"] != "pass"
    assert verdict["steps"]["book"]["counts"].get("ok", 0) == 0
    assert "308" in said.text
    assert came == []


def bookings(company) -> int:
    return company.rows("SELECT count(*) FROM bookings")[0][0]
