"""Whatever is put on a stream and taken away while it flows, nothing of it is lost, doubled or out of order."""

import asyncio
from random import Random

import pytest

KEEPING = {
    "latency": lambda draw: {"latency": draw.randrange(30), "jitter": draw.randrange(30)},
    "bandwidth": lambda draw: {"rate": draw.choice([0, 500, 20_000])},
    "slicer": lambda draw: {"average_size": draw.choice([0, 700, 9000]), "size_variation": draw.randrange(900), "delay": 5},
    "slow_close": lambda draw: {"delay": draw.randrange(20)},
}


async def meddle(proxy, draw, over):
    """Put some on, change some and take some away, until it is over."""
    while not over.is_set():
        kind, stream = draw.choice(list(KEEPING)), draw.choice(["upstream", "downstream"])
        told = {"type": kind, "stream": stream, "toxicity": draw.choice([0.5, 1.0]), "attributes": KEEPING[kind](draw)}
        name = f"{kind}_{stream}"
        if name not in proxy.toxics:
            proxy.add(told)
        elif draw.random() < 0.5:
            proxy.change(name, told)
        else:
            proxy.remove(name)
        await asyncio.sleep(draw.random() * 0.01)
    for name in list(proxy.toxics):
        proxy.remove(name)


async def speak(visitor, words, draw):
    rest = words
    while rest:
        length = draw.choice([1, 100, 5000, 20_000])
        visitor.writer.write(rest[:length])
        rest = rest[length:]
        await asyncio.sleep(draw.random() * 0.01)
    visitor.writer.write_eof()


@pytest.mark.parametrize("seed", range(4))
def test_a_stream_is_whole_whatever_is_done_to_it_on_the_way(played, seed):
    async def does(proxy, echo, comes):
        draw, over = Random(seed), asyncio.Event()
        words = [draw.randbytes(300_000) for _ in range(3)]
        visitors = [await comes() for _ in words]
        meddling = asyncio.create_task(meddle(proxy, draw, over))
        speaking = [asyncio.create_task(speak(visitor, said, draw)) for visitor, said in zip(visitors, words, strict=True)]
        asyncio.get_running_loop().call_later(0.4, over.set)
        heard = await asyncio.gather(*(visitor.reader.read() for visitor in visitors))
        over.set()
        await asyncio.gather(meddling, *speaking)
        assert heard == words

    played(does)
