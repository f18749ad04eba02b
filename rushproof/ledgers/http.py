"""A ledger that is given whole by one GET, as CSV with a header."""

from pathlib import Path

import aiohttp

from rushproof.errors import LoadError

_PATIENCE = aiohttp.ClientTimeout(total=600.0, sock_connect=10.0, sock_read=60.0)
_BLOCK = 1 << 18


async def fetch(http: aiohttp.ClientSession, url: str, file: Path) -> None:
    """What `url` answers, streamed into the file; redirects are not followed.  LoadError where it is not given."""
    try:
        async with http.get(url, allow_redirects=False, timeout=_PATIENCE) as answer:
            if answer.status != 200:
                raise LoadError(f"{url} answered {answer.status}, expected 200 with CSV")
            with file.open("wb") as out:
                async for block in answer.content.iter_chunked(_BLOCK):
                    out.write(block)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
        raise LoadError(f"{url} cannot be fetched: {str(problem) or type(problem).__name__}") from None
