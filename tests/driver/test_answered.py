"""What an ordinary user's request came to, from what Locust tells of it."""

import socket
from types import SimpleNamespace

import pytest

from rushproof.driver.answered import outcome
from rushproof.sample import Outcome

FAILURE = type("CatchResponseError", (Exception,), {})("the page was empty")
HTTP_ERROR = Exception("500 Server Error")


def answer(status: int, **headers: str) -> SimpleNamespace:
    return SimpleNamespace(status_code=status, headers={name.replace("_", "-"): value for name, value in headers.items()})


def wrapped(inner: BaseException) -> BaseException:
    """As requests wraps what urllib3 wrapped: once as an argument, once as a reason."""
    middle = Exception("Max retries exceeded")
    middle.reason = inner  # type: ignore[attr-defined]
    return ConnectionError(middle)


@pytest.mark.parametrize(
    ("method", "exception", "response", "expected"),
    [
        ("GET", None, answer(200), Outcome.OK),
        ("GET", None, answer(404), Outcome.OK),  # the file called success()
        ("RPC", None, None, Outcome.OK),  # no HTTP at all
        ("POST", FAILURE, answer(200), Outcome.ERROR),  # the file called failure()
        ("POST", "broken", None, Outcome.ERROR),
        ("POST", HTTP_ERROR, answer(409), Outcome.REFUSED),
        ("GET", HTTP_ERROR, answer(403), Outcome.BLOCKED),
        ("POST", HTTP_ERROR, answer(429), Outcome.SHED),
        ("POST", HTTP_ERROR, answer(503, Retry_After="2"), Outcome.SHED),
        ("POST", HTTP_ERROR, answer(503), Outcome.DOUBT),
        ("GET", HTTP_ERROR, answer(500), Outcome.ERROR),
        ("POST", HTTP_ERROR, answer(404), Outcome.ERROR),
        ("GET", TimeoutError(), answer(0), Outcome.ERROR),
        ("POST", TimeoutError(), answer(0), Outcome.DOUBT),  # it may have happened
        ("POST", wrapped(ConnectionResetError()), None, Outcome.DOUBT),
        ("POST", wrapped(ConnectionRefusedError()), None, Outcome.ERROR),  # it cannot have been sent
        ("POST", wrapped(socket.gaierror(-2, "unknown")), None, Outcome.ERROR),
    ],
)
def test_an_answer_comes_to_one_outcome(
    method: str, exception: BaseException | str | None, response: SimpleNamespace | None, expected: Outcome
) -> None:
    assert outcome(method, exception, response) == (expected, True)


def test_a_status_that_no_rule_knows_is_said_to_be_unknown() -> None:
    assert outcome("POST", HTTP_ERROR, answer(699)) == (Outcome.DOUBT, False)
