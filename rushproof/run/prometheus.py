"""One question to a Prometheus: PromQL in, one number out, or a sentence why there is none."""

from typing import Any

import aiohttp
import msgspec

from rushproof.run.control import whole

WITHIN = 1.0
"""wall seconds in which it has to answer"""
_PATIENCE = aiohttp.ClientTimeout(total=WITHIN)
_MOST = 1 << 20
"""bytes of an answer: one number needs a hundred"""


class Number(msgspec.Struct, frozen=True):
    """What a query came to: a number, or None and why not."""

    value: float | None
    problem: str = ""


async def ask(http: aiohttp.ClientSession, url: str, query: str) -> Number:
    """Asks once; whatever happens is an answer.  The sentences never hold the URL, which may carry a password."""
    try:
        way = f"{url.rstrip('/')}/api/v1/query"
        async with http.get(way, params={"query": query}, allow_redirects=False, timeout=_PATIENCE) as answer:
            return understood(answer.status, await whole(answer, _MOST))
    except TimeoutError:
        return Number(None, f"no answer within {WITHIN:g} s")
    except aiohttp.InvalidURL:
        return Number(None, "its URL is none")
    except (aiohttp.ClientError, OSError, ValueError) as problem:
        return Number(None, str(problem) or type(problem).__name__)


def understood(status: int, body: bytes) -> Number:
    """The number of an answer: a scalar, or a vector of exactly one sample."""
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return Number(None, f"it answered {status} with no JSON: is it a Prometheus?")
    if not isinstance(told, dict) or told.get("status") != "success":
        said = told.get("error") if isinstance(told, dict) else None
        return Number(None, f"it answered {status}: {str(said)[:200]}" if said else f"it answered {status} without a result")
    found = told.get("data")
    kind, result = (found.get("resultType"), found.get("result")) if isinstance(found, dict) else (None, None)
    if kind == "vector" and isinstance(result, list) and len(result) != 1:
        advice = "add `or vector(0)` where that stands for none" if not result else "aggregate them, with sum() or max()"
        return Number(None, f"the query gives {len(result) or 'no'} samples, expected one: {advice}")
    if kind == "vector":
        return _number(result[0].get("value") if isinstance(result, list) and isinstance(result[0], dict) else None)
    if kind == "scalar":
        return _number(result)
    return Number(None, f"the query gives a {kind or 'thing without a type'}, expected a scalar or one sample")


def _number(pair: Any) -> Number:
    try:
        return Number(float(pair[1]))
    except (TypeError, ValueError, IndexError, KeyError):
        return Number(None, "its one sample is no number")
