"""What a scenario says of the way to its target is checked before anything goes it, in its place in the file."""

import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from rushproof.errors import ScenarioError
from rushproof.run.transport import check_transport
from rushproof.scenario_file import read_scenario

SCENARIO = """\
about: Somebody else's.
target:
  url: {url}
  transport:
    {transport}
timetable: {{from: "09:00", to: "09:01"}}
crowds:
  people:
    persona: daily_reserver
    people: 10
    arrivals: {{shape: steady, from: "09:00", for: 60s}}
    connections: {{sources: [{sources}]}}
"""


def checked(folder: Path, transport: str, *, url: str = "https://127.0.0.1:1", sources: str = "", here: bool = True):
    text = SCENARIO.format(url=url, transport=transport, sources=sources)
    (folder / "theirs.yaml").write_text(text)
    file = read_scenario(text, "theirs.yaml", "theirs")
    return check_transport(file.scenario, folder, file.document, here=here)


def test_files_are_beside_the_scenario_and_secrets_are_put_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    (tmp_path / "tls").mkdir()
    authority.cert_pem.write_to_path(tmp_path / "tls" / "ca.pem")
    monkeypatch.setenv("PROXY_PASSWORD", "hunter2")
    spec = checked(tmp_path, "{ca: tls/ca.pem, proxy: 'http://ada:${env:PROXY_PASSWORD}@127.0.0.1:3128'}")
    assert spec.ca == str(tmp_path / "tls" / "ca.pem")
    assert spec.proxy == "http://ada:hunter2@127.0.0.1:3128"


@pytest.mark.parametrize(
    ("transport", "words"),
    [
        ("{ca: not_there.pem}", r"target\.transport\.ca: .*cannot be read .*\(line 5\)"),
        ("{ca: theirs.yaml}", r"target\.transport\.ca: .*expected a PEM file with certificates to trust"),
        ("{certificate: mine.pem, key: other.key}", r"target\.transport\.key: .*does not belong to the certificate"),
        ("{certificate: mine.pem}", r"target\.transport\.certificate: .*the client's key"),
        ("{certificate: mine.pem, key: locked.key}", r"target\.transport\.key: .*protected by a password"),
        ("{key: mine.key}", r"target\.transport\.key: expected 'certificate' beside it"),
        ("{resolve: shop.test}", r"target\.transport\.resolve: expected an IP address, found 'shop\.test'"),
        ("{sni: 'https://shop'}", r"target\.transport\.sni: expected a host name"),
        ("{proxy: 'socks5://127.0.0.1:1080'}", r"target\.transport\.proxy: expected an HTTP proxy"),
        ("{proxy: 'https://127.0.0.1:1080'}", r"target\.transport\.proxy: expected an HTTP proxy"),
        ("{proxy: 'http://ada:hunter2@127.0.0.1:80'}", r"target\.transport\.proxy: a user and a password stand in the file"),
        ("{proxy: 'http://hunter2@127.0.0.1:80'}", r"target\.transport\.proxy: a user and a password stand in the file"),
        ("{proxy: 'http://${env:A}:hunter2@127.0.0.1:80'}", r"target\.transport\.proxy: a user and a password stand in the file"),
        ("{proxy: 'http://127.0.0.1:80', resolve: 127.0.0.1}", r"target\.transport\.resolve: a proxy resolves the name itself"),
        ("{proxi: 'http://127.0.0.1:80'}", r"target\.transport\.proxi: unknown key; did you mean 'proxy'"),
    ],
)
def test_what_cannot_be_meant_is_told_in_its_place_and_without_secrets(tmp_path: Path, transport: str, words: str) -> None:
    authority = trustme.CA()
    mine, other = authority.issue_cert(common_name="me"), authority.issue_cert(common_name="you")
    mine.cert_chain_pems[0].write_to_path(tmp_path / "mine.pem")
    mine.private_key_pem.write_to_path(tmp_path / "mine.key")
    other.private_key_pem.write_to_path(tmp_path / "other.key")
    command = ["openssl", "pkey", "-in", "mine.key", "-aes256", "-passout", "pass:hunter2", "-out", "locked.key"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=20)
    with pytest.raises(ScenarioError, match=words) as wrong:
        checked(tmp_path, transport)
    assert "hunter2" not in str(wrong.value)


def test_http_2_through_a_proxy_needs_tls(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="needs a target with https"):
        checked(tmp_path, "{http: '2', proxy: 'http://127.0.0.1:3128'}", url="http://127.0.0.1:1")


def test_http_2_needs_its_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked(tmp_path, "{http: '2'}").http == "2"
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(ScenarioError, match=r"target\.transport\.http: .*pip install 'rushproof\[http2\]'"):
        checked(tmp_path, "{http: '2'}")


def test_a_source_address_is_one_of_this_machine_unless_the_load_is_made_elsewhere(tmp_path: Path) -> None:
    checked(tmp_path, "{}", sources="127.0.0.2, 127.0.0.3")
    with pytest.raises(ScenarioError, match=r"crowds\.people\.connections\.sources\.1: 192\.0\.2\.1 is no address of this machine"):
        checked(tmp_path, "{}", sources="127.0.0.2, 192.0.2.1")
    checked(tmp_path, "{}", sources="127.0.0.2, 192.0.2.1", here=False)
    with pytest.raises(ScenarioError, match=r"sources\.0: expected a local IP address, found 'eth0'"):
        checked(tmp_path, "{}", sources="eth0")
