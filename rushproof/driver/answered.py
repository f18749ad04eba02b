"""What a request of an ordinary Locust user came to, told from what Locust says of it."""

import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

from rushproof.sample import Outcome, default_outcome

_FAILURE = "CatchResponseError"
"""what Locust makes of `failure()` in a `catch_response` block; by name, so that this module needs no Locust"""
_READS = {"GET", "HEAD", "OPTIONS"}
_NEVER_SENT = (ConnectionRefusedError, socket.gaierror)
_NEVER_SENT_NAMES = {"NewConnectionError", "ConnectTimeout", "ConnectTimeoutError", "NameResolutionError"}
"""of requests and urllib3, told by name because a file need not use them"""


class Answered(NamedTuple):
    """An outcome, and whether a rule knew it."""

    outcome: Outcome
    known: bool = True


def outcome(method: str, exception: BaseException | str | None, response: Any) -> Answered:
    """By what the file said (success is `ok`, `failure()` is `error`), else by status, else by how the connection ended.

    Of a connection that broke, a read is an `error`; a write is in `doubt` unless it cannot have been sent.
    """
    if exception is None:
        return Answered(Outcome.OK)
    if isinstance(exception, str) or type(exception).__name__ == _FAILURE:
        return Answered(Outcome.ERROR)
    write = method.upper() not in _READS
    unclear = Answered(Outcome.DOUBT if write else Outcome.ERROR)
    status = getattr(response, "status_code", None) or 0
    if status:
        headers = getattr(response, "headers", None) or {}
        found = default_outcome(status, write=write, retry_after="Retry-After" in headers)
        return unclear._replace(known=False) if found is None else Answered(found)
    return Answered(Outcome.ERROR) if _never_sent(exception) else unclear


def _never_sent(exception: BaseException) -> bool:
    return any(isinstance(one, _NEVER_SENT) or type(one).__name__ in _NEVER_SENT_NAMES for one in _causes(exception))


def _causes(exception: BaseException) -> Iterator[BaseException]:
    """The exception, what it wraps (as an argument, a `reason`, or a cause), and so on; libraries use all three."""
    todo, seen = [exception], set()
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        wrapped = [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
        todo += [other for other in wrapped if isinstance(other, BaseException)]
