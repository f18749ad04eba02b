"""The way to other processes, at its end."""

import asyncio

import pytest

from fake_backend.outside import Outside

databases = ("sqlite",)  # none is opened


def test_a_backend_that_ends_calls_nobody_any_more() -> None:
    async def scene() -> None:
        outside = Outside()
        assert outside() is outside()
        await outside.close()
        with pytest.raises(ConnectionError):
            outside()

    asyncio.run(scene())
