"""Whatever a client sends, it gets an answer or a closed connection, and never a 5xx."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["person", "round", "shop", "now", "ttl", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
BODIES = (
    JSON.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=80)
    | st.sampled_from(
        [b"[" * 30_000, b'{"person":' * 9000, b'{"person":"\\ud800","round":"r","shop":"s"}', b'{"now":1e999}', b"\xef\xbb\xbf{}"]
    )
)
PATHS = st.sampled_from(
    [
        *("/reservations", "/clock", "/switches/leave_gap", "/switches/%00", "/rounds", "/%2e%2e/etc", "//", "/?"),
        *("/reservations/99999999999999999999", "/reservations/%F0", "/reservations?person=%ED%A0%80&round=r"),
        *("/ledger/reservations.csv?after=%FF&limit=1e3", "/ledger/rounds.csv?after=9223372036854775807"),
    ]
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "BREW"])
NAMES = st.sampled_from([b"Idempotency-Key", b"Content-Type", b"Content-Encoding", b"Expect", b"Connection", b"X", b"Cookie"])
TEXT = st.binary(max_size=30).map(lambda value: value.replace(b"\r", b"").replace(b"\n", b""))
USUAL = [(b"Idempotency-Key", b"k"), (b"Expect", b"100-continue"), (b"Content-Encoding", b"gzip"), (b"Transfer-Encoding", b"chunked")]
HEADERS = st.lists(st.tuples(NAMES, TEXT) | st.sampled_from(USUAL), max_size=4)


PATIENCE = 0.1
"""Seconds of silence after which nothing more is expected."""


@pytest.fixture
def talk(serving) -> Iterator[object]:
    """Sends bytes to one backend that all examples share and gives back the status lines of what it answers."""
    loop = asyncio.new_event_loop()
    context = serving()
    guest = loop.run_until_complete(context.__aenter__())
    port = guest.session._base_url.port

    async def exchange(sent: bytes) -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        received = b""
        try:
            writer.write(sent)
            async with asyncio.timeout(PATIENCE):
                while piece := await reader.read(65536):
                    received += piece
        except (ConnectionError, TimeoutError):
            pass  # closed on us, or still waiting for the rest of a request that never comes: both are fair
        writer.close()
        return [line for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.")]

    yield lambda sent: loop.run_until_complete(exchange(sent))
    assert loop.run_until_complete(guest("GET", "/health"))[0] == 200
    loop.run_until_complete(context.__aexit__(None, None, None))
    loop.close()


SHARED = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(METHODS, PATHS, HEADERS, BODIES)
@SHARED
def test_any_request_gets_an_answer_that_is_not_our_fault(
    talk, method: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    sent = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n".encode() + head + b"\r\n" + body
    statuses = talk(sent)
    assert not [line for line in statuses if line[9:10] == b"5"], (sent, statuses)
    assert statuses or headers, sent


@given(st.binary(max_size=200))
@SHARED
def test_any_bytes_are_no_fault_of_ours(talk, sent: bytes) -> None:
    assert not [line for line in talk(sent) if line[9:10] == b"5"]
