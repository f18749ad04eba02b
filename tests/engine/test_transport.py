"""The way to somebody else's target: whom it trusts, what it shows, and that it leads nowhere else."""

import asyncio
import contextlib
import errno
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from riding import ONE_POST, Ridden, Server, ok, plan, ride, saying, serving
from ways import Authority, notes, ridden

from rushproof.engine.address import Address
from rushproof.engine.tls import TlsTransport
from rushproof.errors import SafetyError, TargetError
from rushproof.plan import Transport

# certificates


def test_a_target_that_wants_to_know_its_clients_is_shown_a_certificate(persona, authority: Authority) -> None:
    certificate, key = authority.client()
    shown = {"ca": authority.pem, "certificate": certificate, "key": key}
    context = authority.server("localhost", clients=True)
    assert ridden(persona(ONE_POST), shown, context)[0].outcomes("reserve") == {"ok": 10}
    result, _ = ridden(persona(ONE_POST), {"ca": authority.pem}, context)
    assert set(result.outcomes("reserve")) == {"doubt"}, "a server that only hangs up"


def refusing(context: ssl.SSLContext, listener: socket.socket) -> None:
    """Shakes hands with one after the other, as servers do that say why they will not."""
    while True:
        try:
            wire, _ = listener.accept()
        except OSError:
            return
        with context.wrap_socket(wire, server_side=True, do_handshake_on_connect=False) as secure, contextlib.suppress(OSError):
            secure.settimeout(5)
            with contextlib.suppress(ssl.SSLError):
                secure.do_handshake()
            secure.shutdown(socket.SHUT_WR)
            while socket.socket.recv(secure, 4096):  # whoever hangs up on what is still to be read takes back what was said
                pass


@pytest.mark.parametrize("http", ["1.1", "2"])
def test_a_certificate_that_is_asked_for_is_named_and_nothing_has_happened(persona, authority: Authority, http: str) -> None:
    context = authority.server("localhost", clients=True)
    context.set_alpn_protocols(["h2"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=refusing, args=(context, listener))
        serving.start()
        url = f"https://localhost:{listener.getsockname()[1]}"
        result = asyncio.run(
            ride(plan(url, persona(ONE_POST), rate=50, seconds=0.2, transport={"ca": authority.pem, "http": http}, connections={"cap": 1}))
        )
        listener.shutdown(socket.SHUT_RDWR)
        serving.join(10)
    assert result.outcomes("reserve") == {"error": 10}, "TLS 1.3 tells it after the request, which still did not happen"
    assert "alert certificate required: the target wants a client certificate that it knows" in notes(result)


def test_certificate_and_key_may_stand_in_one_file(persona, authority: Authority) -> None:
    certificate, key = authority.client()
    both = authority.folder / "both.pem"
    both.write_text(Path(key).read_text() + Path(certificate).read_text())
    result, _ = ridden(persona(ONE_POST), {"ca": authority.pem, "certificate": str(both)}, authority.server("localhost", clients=True))
    assert result.outcomes("reserve") == {"ok": 10}


def test_the_name_of_the_handshake_is_told_and_looked_for_in_the_certificate(persona, authority: Authority) -> None:
    told: list[str] = []
    context = authority.server("shop.example")
    context.sni_callback = lambda wire, name, itself: told.append(name)
    result, _ = ridden(persona(ONE_POST), {"ca": authority.pem, "sni": "shop.example"}, context)
    assert result.outcomes("reserve") == {"ok": 10}
    assert set(told) == {"shop.example"}
    result, _ = ridden(persona(ONE_POST), {"ca": authority.pem}, context)
    assert result.outcomes("reserve") == {"error": 10}
    assert "a connection to localhost:" in notes(result) and "give target.transport.sni" in notes(result)


def test_an_unknown_authority_is_told_with_what_to_give_and_counted(persona, authority: Authority) -> None:
    result, _ = ridden(persona(ONE_POST), {}, authority.server("localhost"))
    assert result.outcomes("reserve") == {"error": 10}
    assert "failed: certificate verify failed: unable to get local issuer certificate (give target.transport.ca)" in notes(result)
    assert sum(int(note.rpartition("(")[2].split()[0]) for note in notes(result).splitlines()) >= 10


def test_what_went_wrong_and_what_was_spoken_stand_in_the_trace(persona, authority: Authority) -> None:
    context = authority.server("localhost")
    result, _ = ridden(persona(ONE_POST), {}, context, trace=True)
    assert {exchange.why for frame in result.frames for exchange in frame.exchanges} == {
        "certificate verify failed: unable to get local issuer certificate (give target.transport.ca)"
    }
    result, _ = ridden(persona(ONE_POST), {"ca": authority.pem}, context, trace=True)
    assert {exchange.protocol for frame in result.frames for exchange in frame.exchanges} == {"HTTP/1.1 over TLSv1.3"}
    result, _ = ridden(persona(ONE_POST), {}, None, trace=True)
    assert {exchange.protocol for frame in result.frames for exchange in frame.exchanges} == {"HTTP/1.1"}


def test_a_refused_connection_is_told(persona) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        result = asyncio.run(ride(plan(f"http://127.0.0.1:{port}", persona(ONE_POST), rate=50, seconds=0.2)))
    assert f"a connection to 127.0.0.1:{port} failed: connection refused: nobody listens there" in notes(result)


@pytest.mark.parametrize(
    ("field", "content", "words"),
    [
        ("ca", None, "cannot be read"),
        ("ca", b"hello", "expected a PEM file with certificates to trust (-----BEGIN CERTIFICATE-----): found none"),
        ("ca", b"\x30\x82\x01", "this is DER"),
        ("ca", b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n", "expected a PEM file of certificates"),
        ("certificate", None, "cannot be read"),
        ("certificate", b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n", "expected a PEM file with the client's key"),
        ("key", b"nothing", "expected a PEM file with the client's key"),
        ("key", "other", "the key does not belong to the certificate"),
        ("key", "locked", "protected by a password"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named(authority: Authority, field: str, content: Any, words: str) -> None:
    certificate, key = authority.client()
    file = authority.folder / "wrong.pem"
    if content == "other":
        file = Path(authority.client("somebody_else")[1])
    elif content == "locked":
        command = ["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:hunter2", "-out", str(file)]
        subprocess.run(command, check=True, capture_output=True, timeout=20)
    elif content is not None:
        file.write_bytes(content)
    given = {"certificate": certificate, "key": key, field: str(file)}
    if field == "certificate":
        del given["key"]
    with pytest.raises(TargetError) as wrong:
        Address("https://127.0.0.1:1", Transport(**given))
    assert f"target.transport.{field}: {file}" in str(wrong.value) and words in str(wrong.value)
    assert "hunter2" not in str(wrong.value)


def test_an_end_that_comes_with_the_first_write_is_told_like_any_other() -> None:
    class Wire(socket.socket):
        def version(self) -> str:
            return "TLSv1.3"

        def send(self, data: Any, flags: int = 0) -> int:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    class Eager(asyncio.Protocol):
        lost: Any = None

        def connection_made(self, transport: Any) -> None:
            transport.write(b"hello")

        def connection_lost(self, error: Exception | None) -> None:
            self.lost = error

    async def go() -> Eager:
        protocol = Eager()
        made = TlsTransport(asyncio.get_running_loop(), Wire(), protocol)  # type: ignore[arg-type]
        assert made.is_closing() and protocol.lost is None
        await asyncio.sleep(0)
        return protocol

    assert isinstance(asyncio.run(go()).lost, BrokenPipeError)


# where it goes


def test_another_address_is_connected_to_than_the_name_has(persona, authority: Authority) -> None:
    result, server = ridden(
        persona(ONE_POST), {"ca": authority.pem, "resolve": "127.0.0.1"}, authority.server("shop.invalid"), host="shop.invalid"
    )
    assert result.outcomes("reserve") == {"ok": 10}
    assert all(request.headers["host"].startswith("shop.invalid:") for request in server.requests)


@pytest.mark.parametrize(
    ("own", "networks", "ip", "words"),
    [
        ("", (), "192.0.2.1", "not this machine"),
        ("other.test", (), "192.0.2.1", "not this machine"),
        ("shop.test", ("198.51.100.0/24",), "192.0.2.1", "outside of what targets.yaml allows (198.51.100.0/24)"),
        ("shop.test", ("198.51.100.0/24",), "198.51.100.7", None),
        ("shop.test", (), "192.0.2.1", None),
        ("", (), "127.8.0.1", None),
    ],
)
def test_an_address_is_checked_whether_resolved_or_given(
    monkeypatch: pytest.MonkeyPatch, own: str, networks: tuple[str, ...], ip: str, words: str | None
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **more: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))])
    for spec in (Transport(), Transport(resolve=ip)):
        if words is None:
            assert Address("http://shop.test", spec, own, networks).where == (ip, 80)
        else:
            with pytest.raises(SafetyError) as refused:
                Address("http://shop.test", spec, own, networks)
            assert words in str(refused.value) and ip in str(refused.value)


def test_a_name_that_leads_elsewhere_after_the_check_is_not_asked_again(persona, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is this machine's when it is checked; whoever asked again would be led to 192.0.2.1."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def turning(host: str, port: int, *rest: Any, **more: Any) -> Any:
        if host != "turning.test":
            return real(host, port, *rest, **more)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "192.0.2.1", port))]

    async def go() -> tuple[Ridden, Server]:
        async with serving(saying(ok())) as server:
            monkeypatch.setattr(socket, "getaddrinfo", turning)
            url = server.url.replace("127.0.0.1", "turning.test")
            return await ride(plan(url, persona(ONE_POST), rate=50, seconds=0.2, connections={"keep": "visit"})), server

    result, server = asyncio.run(go())
    assert result.outcomes("reserve") == {"ok": 10} and server.connections == 10
    assert len(asked) == 1
    with pytest.raises(SafetyError, match=r"turning\.test resolves to 192\.0\.2\.1"):
        Address("http://turning.test:80", Transport())
