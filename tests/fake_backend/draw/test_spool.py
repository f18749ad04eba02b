"""Entries are counted by a process of its own, of which nothing is left."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from fake_backend.draw.spool import Spool
from fake_backend.facts import Reservation


def test_a_count_that_is_cancelled_twice_leaves_no_process(run, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[asyncio.subprocess.Process] = []
    create = asyncio.create_subprocess_exec

    async def kept(*words: str, **more: object) -> asyncio.subprocess.Process:
        begun.append(await create(*words, **more))
        return begun[-1]

    async def never() -> AsyncIterator[list[Reservation]]:
        await asyncio.Event().wait()
        yield []

    async def scene() -> None:
        monkeypatch.setattr(asyncio, "create_subprocess_exec", kept)
        spool = Spool()
        counting = asyncio.create_task(spool.freeze(never(), "d1", "item", b"secret", 0.0))
        while not begun:
            await asyncio.sleep(0.01)
        for _ in range(2):
            counting.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await counting
        spool.close()
        assert begun[0].returncode is not None
        with pytest.raises(ProcessLookupError):
            os.kill(begun[0].pid, 0)

    run(scene())
