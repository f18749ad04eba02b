"""The API in Toxiproxy's own words, asked by hand and by a client that was written for the real one."""

import re
import socket
import subprocess
import sys
import time
from typing import Any

import pytest
import requests

UP = {"upstream": "127.0.0.1:9"}


@pytest.fixture
def ask(api):
    """Asks for a path; at the end nothing is left behind."""

    def asked(method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = requests.request(method, api + path, json=body, timeout=60.0)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    yield asked
    for name in asked("GET", "/proxies"):
        asked("DELETE", f"/proxies/{name}", status=204)


def test_a_proxy_is_made_shown_changed_and_removed(ask, api):
    here = {"upstream": api.removeprefix("http://")}  # somebody who answers
    made = ask("POST", "/proxies", {"name": "shop", "listen": "localhost:0", **here}, 201)
    host, port = made["listen"].split(":")
    assert host == "127.0.0.1" and int(port) > 0
    assert made == {"name": "shop", "listen": made["listen"], **here, "enabled": True, "toxics": []}
    assert ask("GET", "/proxies/shop") == made and ask("GET", "/proxies") == {"shop": made}
    with socket.create_connection((host, int(port)), timeout=60.0):
        pass
    assert ask("POST", "/proxies/shop", {"enabled": False})["enabled"] is False
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=60.0)
    assert ask("PATCH", "/proxies/shop", {"enabled": True, "upstream": "127.0.0.1:10"})["upstream"] == "127.0.0.1:10"
    assert ask("GET", "/proxies/shop")["listen"] == made["listen"]
    ask("DELETE", "/proxies/shop", status=204)
    assert ask("GET", "/proxies") == {}


def test_a_toxic_is_told_whole_with_what_was_left_out(ask):
    ask("POST", "/proxies", {"name": "shop", **UP}, 201)
    slow = ask("POST", "/proxies/shop/toxics", {"type": "latency", "attributes": {"latency": 1000}})
    assert slow == {
        "attributes": {"latency": 1000, "jitter": 0},
        "name": "latency_downstream",
        "type": "latency",
        "stream": "downstream",
        "toxicity": 1.0,
    }
    more = ask("POST", "/proxies/shop/toxics", {"name": "cut", "type": "limit_data", "stream": "upstream", "toxicity": 0.5})
    assert ask("GET", "/proxies/shop/toxics") == [slow, more] == ask("GET", "/proxies/shop")["toxics"]
    changed = ask("POST", "/proxies/shop/toxics/latency_downstream", {"attributes": {"jitter": 5}})
    assert changed == {**slow, "attributes": {"latency": 1000, "jitter": 5}} == ask("GET", "/proxies/shop/toxics/latency_downstream")
    ask("POST", "/proxies/shop", {"upstream": "127.0.0.1:11"})
    assert len(ask("GET", "/proxies/shop/toxics")) == 2, "toxics stay when a proxy moves"
    ask("DELETE", "/proxies/shop/toxics/cut", status=204)
    ask("POST", "/proxies/shop", {"enabled": False})
    ask("POST", "/reset", status=204)
    assert ask("GET", "/proxies/shop")["toxics"] == [] and ask("GET", "/proxies/shop")["enabled"]


def test_what_is_null_is_not_said_and_addresses_are_shown_as_they_were_written(ask):
    nothing = {"listen": None, "enabled": None}
    made = ask("POST", "/proxies", {"name": "shop", "upstream": "localhost:9", **nothing}, 201)
    assert made["enabled"] and made["upstream"] == "localhost:9"
    assert ask("POST", "/proxies/shop", {"upstream": None, "enabled": None}) == made
    quick = ask("POST", "/proxies/shop/toxics", {"type": "latency", "name": None, "stream": None, "toxicity": None, "attributes": None})
    assert (quick["name"], quick["toxicity"], quick["attributes"]) == ("latency_downstream", 1.0, {"latency": 0, "jitter": 0})


def test_what_is_not_said_of_a_proxy_that_is_down_leaves_it_down_for_its_time(ask):
    ask("POST", "/proxies", {"name": "shop", **UP}, 201)
    ask("POST", "/proxies/shop", {"enabled": False, "ttl": 1.0})
    assert ask("POST", "/proxies/shop", {"upstream": "127.0.0.1:10"})["enabled"] is False
    ends = time.monotonic() + 60.0
    while not ask("GET", "/proxies/shop")["enabled"]:
        assert time.monotonic() < ends


def test_a_proxy_that_cannot_move_is_not_lost(ask):
    made = ask("POST", "/proxies", {"name": "shop", **UP}, 201)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ask("POST", "/proxies/shop", {"listen": f"127.0.0.1:{taken.getsockname()[1]}"}, 500)
    assert ask("GET", "/proxies/shop") == made


def test_populating_keeps_what_is_the_same_and_replaces_what_is_not(ask):
    first = ask("POST", "/populate", [{"name": "a", **UP}, {"name": "b", **UP, "enabled": False}], 201)["proxies"]
    assert [one["enabled"] for one in first] == [True, False]
    ask("POST", "/proxies/a/toxics", {"type": "timeout"})
    again = ask("POST", "/populate", [{"name": "a", "listen": first[0]["listen"], **UP}, {"name": "b", "upstream": "127.0.0.1:10"}], 201)
    assert again["proxies"][0]["toxics"] and again["proxies"][1]["upstream"] == "127.0.0.1:10" and again["proxies"][1]["enabled"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/proxies", {"name": "shop", **UP}, 409, "proxy already exists"),
        ("POST", "/proxies", {"name": "other"}, 400, "missing required field: upstream"),
        ("POST", "/proxies", {**UP}, 400, "missing required field: name"),
        ("POST", "/proxies", {"name": "far", "upstream": "192.0.2.1:80"}, 403, "not this machine"),
        ("POST", "/proxies", {"name": "far", **UP, "listen": "192.0.2.1:0"}, 403, "not this machine"),
        ("POST", "/proxies", {"name": "odd", "upstream": "127.0.0.1"}, 400, "expected HOST:PORT"),
        ("POST", "/proxies", ["shop"], 400, "bad request body"),
        ("GET", "/proxies/nobody", None, 404, "proxy not found"),
        ("GET", "/proxies/nobody/toxics", None, 404, "proxy not found"),
        ("GET", "/proxies/shop/toxics/none", None, 404, "toxic not found"),
        ("DELETE", "/proxies/shop/toxics/none", None, 404, "toxic not found"),
        ("POST", "/proxies/shop/toxics", {"type": "timeout", "name": "there"}, 409, "toxic already exists"),
        ("POST", "/proxies/shop/toxics", {"type": "lateness"}, 400, "invalid toxic type 'lateness'; did you mean 'latency'?"),
        ("POST", "/proxies/shop/toxics", {"type": "timeout", "stream": "sideways"}, 400, "sideways"),
        ("POST", "/proxies/shop/toxics", {"type": "timeout", "toxicity": 1.5}, 400, "toxicity"),
        ("POST", "/proxies/shop/toxics", {"type": "timeout", "attributes": {"timeout": -1}}, 400, "timeout"),
        ("POST", "/proxies/shop/toxics", {"type": "timeout", "ttl": "soon"}, 400, "ttl"),
        ("POST", "/proxies/shop/toxics", ["timeout"], 400, "bad request body"),
    ],
)
def test_what_cannot_be_is_said_in_the_apis_own_shape(ask, method, path, body, status, words):
    ask("POST", "/proxies", {"name": "shop", **UP}, 201)
    ask("POST", "/proxies/shop/toxics", {"type": "timeout", "name": "there"})
    told = ask(method, path, body, status)
    assert told["status"] == status and words in told["error"]


def test_a_port_that_is_taken_is_told(ask):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = ask("POST", "/proxies", {"name": "shop", **UP, "listen": f"127.0.0.1:{taken.getsockname()[1]}"}, 500)
        assert "in use" in told["error"]
    assert ask("GET", "/proxies") == {}


def test_version_metrics_and_a_browser_that_may_not_come_in(api, ask):
    assert re.fullmatch(r"2\.\d+\.\d+", ask("GET", "/version")["version"])
    ask("POST", "/proxies", {"name": "shop", **UP}, 201)
    assert 'toxiproxy_proxy_received_bytes_total{direction="upstream"' in requests.get(f"{api}/metrics", timeout=60.0).text
    assert requests.get(f"{api}/proxies", headers={"User-Agent": "Mozilla/5.0"}, timeout=60.0).status_code == 403


def test_a_client_that_was_written_for_toxiproxy_drives_it(api, ask, monkeypatch):
    monkeypatch.setenv("shop_PORT", "")  # it keeps the port there
    from chaostoxi.proxy import actions as proxy
    from chaostoxi.proxy import probes
    from chaostoxi.toxic import actions as toxic

    where = {"configuration": {"toxiproxy_url": api}}
    assert proxy.create_proxy("shop", "127.0.0.1", 9, **where)
    assert probes.proxy_exist("shop", **where) and not probes.proxy_exist("nobody", **where)
    assert toxic.create_latency_toxic("shop", "late", 1000, 50, **where)
    assert toxic.create_bandwith_degradation_toxic("shop", "narrow", 10, **where)
    assert toxic.create_slow_connection_close_toxic("shop", "slow", 10, **where)
    assert toxic.create_timeout_toxic("shop", "gone", 10, **where)
    assert toxic.create_slicer_toxic("shop", "thin", 100, 50, 10, **where)
    assert toxic.create_limiter_toxic("shop", "short", 10, **where)
    assert toxic.create_toxic("shop", "reset", "reset_peer", "upstream", 0.5, {"timeout": 10}, **where)
    assert [one["name"] for one in ask("GET", "/proxies/shop/toxics")] == ["late", "narrow", "slow", "gone", "thin", "short", "reset"]
    assert toxic.delete_toxic("shop", "late", **where)
    assert proxy.disable_proxy("shop", **where) and probes.get_proxy_attribute("shop", "enabled", **where) is False
    assert proxy.reset(**where) and ask("GET", "/proxies/shop")["toxics"] == []
    assert probes.get_proxy_attribute("shop", "enabled", **where) is True
    proxy.delete_proxy("shop", **where)
    assert ask("GET", "/proxies") == {}


def test_proxies_of_a_file_are_there_from_the_start_and_a_wrong_one_is_told(tmp_path):
    file = tmp_path / "proxies.json"
    file.write_text('[{"name": "shop", "upstream": "192.0.2.1:80"}]')
    words = [sys.executable, "-m", "rushproof.inject.proxy", "--port", "0", "--config", str(file)]
    told = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert told.returncode == 2 and "192.0.2.1, which is not this machine" in told.stderr
