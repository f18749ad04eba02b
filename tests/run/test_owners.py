"""What the owner of a host says of it in `targets.yaml`, and what holds because of it."""

import socket
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import SafetyError, ScenarioError
from rushproof.run.hosts import check_host, check_prometheus

MINE = "hosts:\n  shop.test: {owner: Ada, highest_rate: 500/s}\n"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"shop.test": "192.0.2.7", "localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1"}

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


WATCHED = """\
hosts:
  shop.test:
    owner: Ada
    addresses: [192.0.2.0/24]
    prometheus: http://prometheus.test:9090
    stop_when:
      - {measure: p99, above: 5s}
      - {query: up, above: 1, for: 10s}
"""


def test_an_owners_rules_addresses_and_prometheus_are_read(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(WATCHED)
    found = check_host("http://shop.test", "shop.test", tmp_path)
    assert found is not None
    assert [rule.name for rule in found.stop_when] == ["p99 above 5s", "up above 1"]
    assert (found.addresses, found.prometheus) == (("192.0.2.0/24",), "http://prometheus.test:9090")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("above: 5s", "above: 5%"), r"hosts\.shop\.test\.stop_when\.0\.above: expected a duration such as 5s, found '5%' \(line 7\)"),
        (("192.0.2.0/24", "10.1.0.0/33"), r"addresses\.0: expected a network such as 10\.1\.0\.0/16 or an address, found '10\.1\.0\.0/33'"),
        (
            ("prometheus: http://prometheus.test:9090", "faults: []"),
            r"stop_when\.1\.query: expected 'prometheus' beside it, or 'prometheus' of",
        ),
    ],
)
def test_an_owners_word_that_cannot_be_meant_is_told_in_its_place(change: tuple[str, str], words: str, tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(WATCHED.replace(*change))
    with pytest.raises(ScenarioError, match=words):
        check_host("http://shop.test", "shop.test", tmp_path)


def test_a_name_that_leads_out_of_its_owners_networks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(WATCHED.replace("192.0.2.0/24", "10.0.0.0/8"))
    with pytest.raises(SafetyError, match=r"shop\.test is 192\.0\.2\.7, but .*targets\.yaml says that it is in 10\.0\.0\.0/8"):
        check_host("http://shop.test", "shop.test", tmp_path)


def test_a_host_of_this_machine_that_was_named_twice_has_its_owners_rules(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(WATCHED.replace("shop.test", "localhost").replace("192.0.2.0/24", "127.0.0.0/8"))
    found = check_host("http://localhost:80", "localhost", tmp_path)
    assert found is not None and len(found.stop_when) == 2
    assert check_host("http://localhost:80", None, tmp_path) is None


@pytest.mark.parametrize("listed", [True, False])
def test_a_prometheus_elsewhere_has_to_be_listed(listed: bool, tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(WATCHED if listed else MINE.replace("shop.test", "other.test"))
    if listed:
        assert check_prometheus("http://shop.test:9090", tmp_path) is not None
    else:
        with pytest.raises(SafetyError, match=r"the Prometheus shop\.test is 192\.0\.2\.7, not this machine, and .* does not list it"):
            check_prometheus("http://shop.test:9090", tmp_path)
    assert check_prometheus("http://127.0.0.1:9090", tmp_path) is None
