"""Load goes where its owner said and nowhere else: not by an unlisted host, not by a redirect, not by a name that changes its mind."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def asked(company) -> int:
    """How many business answers the service has given."""
    return sum(1 for _ in company.rows("SELECT 1 FROM bookings"))


@pytest.mark.parametrize("host", [ELSEWHERE, "[2001:db8::1]"])
def test_an_unlisted_host_is_refused(host, company, tmp_path):
    settle(company, tmp_path, users=50)
    said = refused(say(company, tmp_path, f"{RUN} --target https://{host}:8443"), tmp_path)
    assert "not this machine" in said
    assert "--own-host" in said


def test_naming_it_once_is_not_enough(company, tmp_path):
    settle(company, tmp_path, users=50)
    there = f"{RUN} --target https://{ELSEWHERE}:8443 --own-host {ELSEWHERE}"
    assert "targets.yaml" in refused(say(company, tmp_path, there), tmp_path)
    (tmp_path / "targets.yaml").write_text("hosts:\n  192.0.2.2: {owner: us}\n")
    assert "does not list it" in refused(say(company, tmp_path, there), tmp_path)


@pytest.mark.parametrize("way", [f"resolve={ELSEWHERE}", f"proxy=http://{ELSEWHERE}:3128"])
def test_a_way_that_leads_off_this_machine_is_refused_as_a_host_is(way, company, tmp_path):
    settle(company, tmp_path, users=50)
    said = refused(say(company, tmp_path, f"{RUN} --set target.transport.{way}"), tmp_path)
    assert ELSEWHERE in said


def test_a_redirect_to_another_host_is_an_answer_and_never_followed(start, tmp_path):
    with bystander() as (url, came), start(moved_to=url) as company:
        settle(company, tmp_path, users=50)
        persona = tmp_path / "seats" / "my_visitor.py"
        persona.write_text(persona.read_text().replace("/api/v2/", "/api/v1/"))
        said = say(company, tmp_path, RUN)
        assert asked(company) == 0
    verdict = json.loads((tmp_path / "run" / "verdict.json").read_text())
    assert said.code in (1, 3)
    assert verdict["verdict"] != "pass"
    assert verdict["steps"]["book"]["counts"].get("ok", 0) == 0
    assert "308" in said.text
    assert came == []


def test_calls_beside_the_load_follow_no_redirect_either(start, tmp_path):
    with bystander() as (url, came), start(moved_to=url) as company:
        settle(company, tmp_path, users=50)
        said = refused(say(company, tmp_path, f"{RUN} --set target.ready=/api/v1/livez"), tmp_path)
    assert "308" in said
    assert came == []


LOOKED_UP = {
    "it is elsewhere from the start": ELSEWHERE,
    "it is elsewhere when the calls beside the load go out": f"127.0.0.1,{ELSEWHERE}",
    "it is elsewhere when the load goes out": f"127.0.0.1 {ELSEWHERE}",
}


@pytest.mark.parametrize("names", LOOKED_UP.values(), ids=LOOKED_UP)
def test_a_name_that_resolves_elsewhere_at_connect_is_refused(names, company, tmp_path):
    settle(company, tmp_path, users=50)
    said = refused(said_by_names(company, tmp_path, names), tmp_path)
    assert "seats.test" in said
    assert ELSEWHERE in said


def test_the_same_name_is_served_where_it_stays(company, tmp_path):
    settle(company, tmp_path, users=50)
    before = asked(company)
    said = said_by_names(company, tmp_path, "127.0.0.1")
    assert (tmp_path / "run" / "verdict.json").is_file(), said.text
    assert asked(company) > before


def said_by_names(company, folder: Path, names: str) -> Said:
    return say(company, folder, f"{RUN} --target https://seats.test:8443", NAMES=names, PYTHONPATH=str(NAMES))


def test_a_host_of_ones_own_is_refused_where_its_name_leaves_its_networks(company, tmp_path):
    settle(company, tmp_path, users=50)
    (tmp_path / "targets.yaml").write_text("hosts:\n  seats.test: {owner: us, addresses: [127.0.0.0/8]}\n")
    there = f"{RUN} --target https://seats.test:8443 --own-host seats.test"
    said = say(company, tmp_path, there, NAMES=f"127.0.0.1 {ELSEWHERE}", PYTHONPATH=str(NAMES))
    assert ELSEWHERE in refused(said, tmp_path)
