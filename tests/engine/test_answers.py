"""What a target may do to a connection, and what it comes to: outcomes, never a crash."""

import asyncio
import socket
import ssl

import pytest
import trustme
from riding import ONE_POST, ok, plan, ride, saying, serving

from rushproof.sample import Distribution, Outcome

ONE_GET = """
    steps = {"look": Step()}

    async def visit(self, person, target):
        await target.get("/", step="look")
"""

CHUNKED = b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"sequen\r\n8\r\nce": 77}\r\n0\r\n\r\n'


def outcomes_of(answer, body=ONE_POST, step="reserve", persona=None, **more):
    async def go():
        async with serving(answer) as server:
            ridden = await ride(plan(server.url, persona(body), rate=50, seconds=0.2, **more))
            return ridden, server

    return asyncio.run(go())


def in_pieces(answer, size):
    async def say(request, writer):
        for begin in range(0, len(answer), size):
            writer.write(answer[begin : begin + size])
            await writer.drain()
            await asyncio.sleep(0.001)

    return say


def then_close(answer):
    async def say(request, writer):
        writer.write(answer)
        writer.close()

    return say


async def never(request, writer):
    await asyncio.sleep(60)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_an_answer_in_pieces_is_one_answer(persona, size):
    ridden, _ = outcomes_of(in_pieces(ok(b'{"sequence": 77}'), size), persona=persona)
    assert ridden.outcomes("reserve") == {"ok": 10}
    assert set(ridden.attempts["sequence"]) == {77}


def test_a_chunked_answer_is_read_to_its_end(persona):
    ridden, server = outcomes_of(in_pieces(CHUNKED, 11), persona=persona, connections={"cap": 1})
    assert ridden.outcomes("reserve") == {"ok": 10}
    assert set(ridden.attempts["sequence"]) == {77}
    assert server.connections == 1, "a chunked answer leaves the connection open"


def test_an_answer_without_a_length_ends_with_the_connection(persona):
    ridden, server = outcomes_of(then_close(b'HTTP/1.1 201 Created\r\n\r\n{"sequence": 5}'), persona=persona, connections={"cap": 1})
    assert ridden.outcomes("reserve") == {"ok": 10}
    assert set(ridden.attempts["sequence"]) == {5}
    assert server.connections == 10


def test_100_continue_comes_before_the_answer_proper(persona):
    ridden, _ = outcomes_of(saying(b"HTTP/1.1 100 Continue\r\n\r\n" + ok()), persona=persona)
    assert ridden.outcomes("reserve") == {"ok": 10}


def test_connection_close_is_heeded(persona):
    _, server = outcomes_of(saying(ok(head="Connection: close\r\n")), persona=persona, connections={"cap": 1})
    assert server.connections == 10


@pytest.mark.parametrize(
    ("answer", "write", "read"),
    [
        (then_close(b""), "doubt", "error"),  # a server that closes instead of answering
        (then_close(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf"), "doubt", "error"),  # … in the middle of its answer
        (saying(b"SSH-2.0-OpenSSH_9.2\r\n"), "doubt", "error"),  # … that is no HTTP server
        (saying(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), "doubt", "error"),
        (saying(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), "error", "error"),
        (saying(b"HTTP/1.1 409 No\r\nContent-Length: 0\r\n\r\n"), "refused", "refused"),
        (saying(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), "blocked", "blocked"),
    ],
)
def test_a_write_that_may_have_happened_is_in_doubt_and_a_read_is_not(persona, answer, write, read):
    assert outcomes_of(answer, persona=persona)[0].outcomes("reserve") == {write: 10}
    assert outcomes_of(answer, ONE_GET, "look", persona=persona)[0].outcomes("look") == {read: 10}


def test_a_timeout_after_sending_is_in_doubt_and_takes_as_long_as_it_says(persona):
    ridden, _ = outcomes_of(never, persona=persona, connections={"timeout": "300ms"})
    assert ridden.outcomes("reserve") == {"doubt": 10}
    assert all(0.3 <= took < 0.8 for took in ridden.attempts["done"] - ridden.attempts["sent"])  # looked for every 100 ms


def test_a_refused_connection_is_a_definite_error(persona):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    ridden = asyncio.run(ride(plan(url, persona(ONE_POST), rate=500, seconds=0.2)))
    assert ridden.outcomes("reserve") == {"error": 100}
    assert ridden.count(Distribution.SERVICE) == 0, "what was never sent has no service time"


def test_an_answer_that_no_rule_knows_is_counted(persona):
    ridden, _ = outcomes_of(saying(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"), persona=persona)
    assert sum(frame.unmapped for frame in ridden.frames) == 10
    assert ridden.outcomes("reserve") == {"doubt": 10}, "and not followed"


def test_a_step_says_itself_what_a_status_means(persona):
    body = ONE_POST.replace('content=("shop",))', 'content=("shop",)), outcomes={409: Outcome.OK, 201: Outcome.BLOCKED}')
    assert outcomes_of(saying(ok()), body, persona=persona)[0].outcomes("reserve") == {"blocked": 10}


def test_an_answer_that_comes_unasked_costs_the_connection_and_nothing_else(persona):
    ridden, _ = outcomes_of(saying(ok() + ok()), persona=persona)
    assert sum(ridden.outcomes("reserve").values()) == 10
    assert ridden.final.visits[0].finished == 10


def test_tls_is_verified_unless_told_not_to(persona, tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")

    async def go(transport):
        async with serving(saying(ok()), tls=context) as server:
            return (await ride(plan(server.url, persona(ONE_POST), rate=50, seconds=0.2, transport=transport))).outcomes("reserve")

    assert asyncio.run(go({"ca": str(tmp_path / "ca.pem")})) == {"ok": 10}
    assert asyncio.run(go({"verify": "false"})) == {"ok": 10}
    assert asyncio.run(go({})) == {"error": 10}


def test_every_outcome_of_a_sample_is_counted_once(persona):
    turn = iter(range(1000))

    async def any_of(request, writer):
        writer.write((ok(), b"HTTP/1.1 409 No\r\nContent-Length: 0\r\n\r\n", b"junk\r\n\r\n")[next(turn) % 3])

    ridden, _ = outcomes_of(any_of, persona=persona)
    assert sum(ridden.outcomes("reserve").values()) == 10
    assert ridden.count(Distribution.INTENT) == 10
    assert ridden.count(Distribution.STRETCH, Outcome.OK) == 10
