"""What toxics do to what passes, on either loop."""

import asyncio
import socket
import time

import pytest

from rushproof.faults.toxic import KINDS
from rushproof.inject.proxy.address import Address

LONG = bytes(range(256)) * 800


async def until(so, what):
    ends = time.monotonic() + 60.0
    while not so():
        assert time.monotonic() < ends, f"never came about: {what}"
        await asyncio.sleep(0.005)


def told(kind, stream="downstream", toxicity=1.0, **attributes):
    return {"type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes}


def test_what_passes_is_what_was_sent(played):
    async def does(proxy, echo, comes):
        visitor = await comes()
        assert await visitor.says(LONG) == LONG
        visitor.writer.write_eof()
        assert await visitor.reader.read() == b""
        await until(lambda: not proxy.connections, "the connection is forgotten")
        assert echo.ends == ["eof"]
        assert proxy.received("upstream") == proxy.received("downstream") == len(LONG)

    played(does)


def test_what_was_sent_before_the_other_side_was_reached_arrives_with_the_end_behind_it(played):
    async def does(proxy, echo, comes):
        visitors = [await comes() for _ in range(20)]
        for visitor in visitors:
            visitor.writer.write(LONG)
            visitor.writer.write_eof()
        for visitor in visitors:
            assert await asyncio.wait_for(visitor.reader.read(), 60.0) == LONG

    played(does)


def test_latency_is_told_in_milliseconds_and_keeps_the_order(played):
    async def does(proxy, echo, comes):
        visitor = await comes()
        proxy.add(told("latency", latency=80, jitter=40))
        begun = time.monotonic()
        assert await visitor.says(b"x") == b"x"
        assert time.monotonic() - begun > 0.039
        for number in range(50):
            visitor.writer.write(b"%02d" % number)
            await asyncio.sleep(0)
        assert await visitor.hears(100) == b"".join(b"%02d" % number for number in range(50))

    played(does)


def test_bandwidth_is_told_in_thousands_of_bytes_a_second(played):
    async def does(proxy, echo, comes):
        visitor = await comes()
        proxy.add(told("bandwidth", rate=200))
        begun = time.monotonic()
        assert await visitor.says(LONG[:60_000]) == LONG[:60_000]
        assert time.monotonic() - begun > 0.28

    played(does)


def test_a_narrow_way_makes_the_sender_wait_and_keeps_little(played):
    async def does(proxy, echo, comes):
        proxy.add(told("bandwidth", "upstream", rate=50))
        visitor = await comes()
        visitor.writer.write(bytes(20_000_000))
        await asyncio.sleep(0.3)
        (connection,) = proxy.connections
        assert connection.received("upstream") < 10_000_000
        visitor.writer.transport.abort()

    played(does)


def test_a_rate_of_nothing_holds_everything_back_until_it_is_taken_away(played):
    async def does(proxy, echo, comes):
        visitor = await comes()
        proxy.add(told("bandwidth"))
        visitor.writer.write(b"hello")
        visitor.writer.write_eof()
        await until(lambda: echo.ends == ["eof"], "it was answered")
        await asyncio.sleep(0.05)
        assert not visitor.reader._buffer and not visitor.reader.at_eof()
        proxy.remove("bandwidth_downstream")
        assert await visitor.reader.read() == b"hello"

    played(does)


def test_the_slicer_sends_small_pieces_and_loses_none(played):
    async def does(proxy, echo, comes):
        proxy.add(told("slicer", "upstream", average_size=100, size_variation=50, delay=10))
        visitor = await comes()
        assert await visitor.says(LONG[:4000]) == LONG[:4000]
        assert len(echo.got) > 3 and b"".join(echo.got) == LONG[:4000]

    played(does)


def test_slow_close_delays_the_end_and_nothing_else(played):
    async def does(proxy, echo, comes):
        visitor = await comes()
        proxy.add(told("slow_close", delay=150))
        assert await visitor.says(b"hello") == b"hello"
        begun = time.monotonic()
        visitor.writer.write_eof()
        assert await visitor.reader.read() == b""
        assert time.monotonic() - begun > 0.149

    played(does)


def test_a_timeout_swallows_everything_and_closes_in_time(played):
    async def does(proxy, echo, comes):
        visitor = await comes()
        proxy.add(told("timeout", timeout=150))
        begun = time.monotonic()
        assert await visitor.says(b"hello") == b""
        assert time.monotonic() - begun > 0.149
        assert echo.got == [b"hello"]

    played(does)


def test_a_black_hole_stays_open_until_it_is_taken_away_and_then_closes(played):
    async def does(proxy, echo, comes):
        proxy.add(told("timeout", "upstream"))
        visitor = await comes()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(visitor.says(b"hello"), 0.2)
        proxy.remove("timeout_upstream")
        assert await visitor.reader.read() == b"" and not echo.got
        assert await (await comes()).says(b"again") == b"again"

    played(does)


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_whoever_gives_up_in_front_of_a_black_hole_is_not_kept(played, stream):
    async def does(proxy, echo, comes):
        proxy.add(told("timeout", stream))
        visitor = await comes()
        visitor.writer.write(b"hello")
        visitor.writer.close()
        await until(lambda: not proxy.connections, "it is forgotten")

    played(does)


@pytest.mark.parametrize("wait", [0, 100])
def test_the_first_answer_becomes_a_reset_on_both_sides_after_the_request_came_through(played, wait):
    async def does(proxy, echo, comes):
        visitor = await comes()
        proxy.add(told("reset_peer", timeout=wait))
        begun = time.monotonic()
        with pytest.raises(ConnectionResetError):
            await visitor.says(b"pay")
        assert time.monotonic() - begun >= wait / 1000 - 0.001
        assert echo.got == [b"pay"]
        await until(lambda: echo.ends == ["ConnectionResetError"], "the server's connection is reset")

    played(does)


def test_the_limit_lets_so_many_bytes_through_and_closes(played):
    async def does(proxy, echo, comes):
        proxy.add(told("limit_data", bytes=10))
        visitor = await comes()
        assert await visitor.says(b"123456") == b"123456"
        assert await visitor.says(b"7890abc") == b"7890"

    played(does)


def test_what_was_kept_back_goes_on_when_the_toxic_goes(played):
    async def does(proxy, echo, comes):
        visitor = await comes()
        proxy.add(told("latency", latency=60_000))
        visitor.writer.write(LONG)
        await until(lambda: sum(map(len, echo.got)) == len(LONG), "it was answered")
        await asyncio.sleep(0.05)
        proxy.change("latency_downstream", {"attributes": {"latency": 50_000}})
        proxy.remove("latency_downstream")
        assert await visitor.hears(len(LONG)) == LONG

    played(does)


def test_toxics_stand_one_behind_the_other_in_the_order_in_which_they_came(played):
    async def does(proxy, echo, comes):
        visitor = await comes()
        proxy.add(told("limit_data", bytes=5))
        proxy.add(told("latency", latency=60))
        begun = time.monotonic()
        assert await visitor.says(b"hello, world") == b"hello"
        assert time.monotonic() - begun > 0.059

    played(does)


def test_a_change_reaches_connections_that_are_there(played):
    async def does(proxy, echo, comes):
        visitors = [await comes() for _ in range(30)]
        for visitor in visitors:
            assert await visitor.says(b"x") == b"x"
        proxy.add(told("timeout"))
        for visitor in visitors:
            visitor.writer.write(b"lost")
        await until(lambda: echo.got.count(b"lost") == 30, "all were asked")
        assert all(not visitor.reader._buffer for visitor in visitors)
        proxy.change("timeout_downstream", {"toxicity": 0})
        assert [await visitor.hears(1) for visitor in visitors] == [b""] * 30

    played(does)


@pytest.mark.parametrize(("toxicity", "least", "most"), [(0.0, 0, 0), (0.5, 20, 80), (1.0, 100, 100)])
def test_toxicity_is_the_share_of_connections_that_have_it(played, toxicity, least, most):
    async def does(proxy, echo, comes):
        proxy.add(told("limit_data", toxicity=toxicity, bytes=1))
        hit = [await (await comes()).says(b"12") == b"1" for _ in range(100)]
        assert least <= sum(hit) <= most

    played(does)


def test_a_toxic_ends_by_itself_when_its_time_is_over(played):
    async def does(proxy, echo, comes):
        visitor = await comes()
        proxy.add({**told("latency", latency=60_000), "ttl": 0.15})
        begun = time.monotonic()
        assert await visitor.says(b"x") == b"x"
        assert time.monotonic() - begun > 0.149 and not proxy.toxics

    played(does)


def test_a_proxy_that_is_down_cuts_everybody_off_and_keeps_its_port(played):
    async def does(proxy, echo, comes):
        visitor = await comes()
        assert await visitor.says(b"x") == b"x"
        await proxy.disable()
        assert await visitor.reader.read() == b"" and not proxy.connections
        for _ in range(50):
            with pytest.raises(ConnectionRefusedError):
                await comes()
        await proxy.enable()
        assert await (await comes()).says(b"y") == b"y"
        await proxy.disable(0.1)
        await until(lambda: proxy.enabled, "up again by itself")
        assert await (await comes()).says(b"z") == b"z"

    played(does)


def test_a_proxy_that_moves_keeps_its_toxics_and_their_time_and_one_that_cannot_is_as_it_was(played):
    async def does(proxy, echo, comes):
        proxy.add({**told("limit_data", bytes=1), "ttl": 1.0})
        assert await (await comes()).says(b"12") == b"1"
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
            await proxy.move(Address("127.0.0.1", taken.getsockname()[1]), proxy.upstream, proxy.told)
        visitor, before = await comes(), proxy.listen
        await proxy.move(Address("127.0.0.1", 0), proxy.upstream, "elsewhere")
        assert await visitor.reader.read() == b"" and proxy.listen != before and proxy.shown()["upstream"] == "elsewhere"
        assert await (await comes()).says(b"12") == b"1"
        proxy.change("limit_data_downstream", {"attributes": {"bytes": 2}})
        await until(lambda: not proxy.toxics, "its time is over")
        assert await (await comes()).says(b"123") == b"123"

    played(does)


def test_a_server_that_is_not_there_resets_whoever_comes(played):
    async def does(proxy, echo, comes):
        proxy.upstream = Address("127.0.0.1", 9)
        with pytest.raises(ConnectionResetError):
            await (await comes()).says(b"x")
        await until(lambda: not proxy.connections, "it is forgotten")

    played(does)


def test_every_kind_has_a_stage():
    from rushproof.inject.proxy.link import STAGES

    assert set(STAGES) == set(KINDS)
