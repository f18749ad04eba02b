"""Load goes to this machine, or to a host that was named twice."""

import socket
from pathlib import Path
from typing import Any

import pytest

from rushproof.errors import SafetyError, ScenarioError, TargetError
from rushproof.plan import Transport
from rushproof.run.hosts import check_host

MINE = "hosts:\n  shop.test: {owner: Ada, highest_rate: 500/s}\n"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"shop.test": "192.0.2.7", "two-faced.test": "127.0.0.1 192.0.2.8", "localhost": "127.0.0.1", "sly.test": "::ffff:192.0.2.9"}

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        if host not in known and not host[0].isdigit() and ":" not in host:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known.get(host, host).split()]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost", "http://127.3.2.1:9", "http://[::1]:80"])
def test_this_machine_needs_no_leave(url: str, tmp_path: Path) -> None:
    assert check_host(url, None, tmp_path) is None


@pytest.mark.parametrize(
    ("url", "own", "file", "words"),
    [
        ("http://192.0.2.1", None, MINE, "only with --own-host 192.0.2.1"),
        ("http://shop.test", None, MINE, "shop.test is 192.0.2.7, not this machine"),
        ("http://shop.test", "shop.tset", MINE, "not --own-host shop.tset"),
        ("http://shop.test", "shop.test", None, "targets.yaml: cannot be read"),
        ("http://shop.test", "shop.test", "hosts:\n  shop.tset: {owner: Ada}\n", "does not list it; did you mean 'shop.tset'?"),
        ("http://two-faced.test", None, MINE, "two-faced.test is 192.0.2.8"),
        ("http://sly.test", None, MINE, "not this machine"),
        ("http://0.0.0.0:80", None, MINE, "not this machine"),
    ],
)
def test_any_other_host_is_refused(url: str, own: str | None, file: str | None, words: str, tmp_path: Path) -> None:
    if file is not None:
        (tmp_path / "targets.yaml").write_text(file)
    with pytest.raises(SafetyError, match=words.replace("?", r"\?").replace(".", r"\.")):
        check_host(url, own, tmp_path)


def test_a_host_named_twice_is_given_leave(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text(MINE)
    found = check_host("http://shop.test", "shop.test", tmp_path)
    assert found is not None and found.owner == "Ada"


def test_a_wrong_list_of_hosts_is_told_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "targets.yaml").write_text("hosts:\n  shop.test: {owner: Ada, highest_rat: 5/s}\n")
    with pytest.raises(ScenarioError, match=r"hosts\.shop\.test\.highest_rat: unknown key; did you mean 'highest_rate'"):
        check_host("http://shop.test", "shop.test", tmp_path)


@pytest.mark.parametrize("url", ["http://nowhere.test", "http://"])
def test_a_host_that_is_none_is_a_target_error(url: str, tmp_path: Path) -> None:
    with pytest.raises(TargetError):
        check_host(url, None, tmp_path)


@pytest.mark.parametrize(
    ("url", "own", "transport", "words"),
    [
        ("http://shop.test", "shop.test", {"resolve": "192.0.2.200"}, None),
        ("http://shop.test", None, {"resolve": "192.0.2.7"}, r"only with --own-host shop\.test"),
        ("http://nowhere.test", None, {"resolve": "127.0.0.1"}, None),
        ("http://nowhere.test", "shop.test", {"proxy": "http://127.0.0.1:3128"}, "has no address"),
        ("http://shop.test", "shop.test", {"proxy": "http://127.0.0.1:3128"}, None),
        ("http://shop.test", "shop.test", {"proxy": "http://192.0.2.99:3128"}, r"the proxy 192\.0\.2\.99 is not this machine"),
        ("http://127.0.0.1", None, {"proxy": "http://192.0.2.99:3128"}, r"the proxy 192\.0\.2\.99 is not this machine"),
        ("http://localhost", None, {"proxy": "http://localhost:3128"}, None),
    ],
)
def test_another_way_leads_only_where_the_straight_one_may(
    url: str, own: str | None, transport: dict[str, str], words: str | None, tmp_path: Path
) -> None:
    (tmp_path / "targets.yaml").write_text(MINE)
    if words is None:
        check_host(url, own, tmp_path, Transport(**transport))  # type: ignore[arg-type]
    else:
        with pytest.raises((SafetyError, TargetError), match=words):
            check_host(url, own, tmp_path, Transport(**transport))  # type: ignore[arg-type]
