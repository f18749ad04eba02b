"""One request of a visit, through all its tries, and the answer it came to."""

from collections.abc import Generator, Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any

import msgspec

from rushproof.sample import Outcome
from rushproof.tally import NEVER

if TYPE_CHECKING:
    from rushproof.engine.step import StepState
    from rushproof.engine.visit import Visit

_json = msgspec.json.decode
_UNFINISHED = Outcome.UNFINISHED

Pledge = tuple[int, int, int, int]
"""What an attempt row says of a promising call through all its tries: person, round, content, key, as `frame.ATTEMPT` has them."""


class Call:
    """A request from the moment a visit makes it until its intent is settled; awaiting it gives itself, as the answer.

    `due` is the intent's and stays; `planned`, `ready`, `sent` and `done` are those of the try under way.
    """

    __slots__ = (
        "_headers",
        "body",
        "done",
        "due",
        "head",
        "outcome",
        "planned",
        "pledge",
        "ready",
        "request",
        "sent",
        "status",
        "step",
        "visit",
        "why",
        "write",
    )

    def __init__(self, visit: "Visit", step: "StepState", request: bytes, write: bool, due: float, pledge: Pledge | None) -> None:
        self.visit, self.step, self.request, self.write, self.pledge = visit, step, request, write, pledge
        self.due = self.planned = due
        self.ready = self.sent = self.done = NEVER
        self.outcome = _UNFINISHED
        self.status = 0
        self.head = self.body = b""
        self.why = ""
        """what went wrong, where no answer came"""
        self._headers: dict[str, str] | None = None

    def reset(self, planned: float) -> None:
        """A try that is yet to come."""
        self.planned = planned
        self.ready = self.sent = self.done = NEVER
        self.outcome = _UNFINISHED
        self.status = 0
        self.head = self.body = b""
        self.why = ""
        self._headers = None

    def __await__(self) -> Generator["Call", None, "Call"]:
        yield self
        return self

    def wake(self) -> None:
        """The next try's time has come."""
        self.visit.try_again(self)

    def moved(self, path: str | None) -> None:
        """From now on it asks for `path`, from the host's root; None: for its own again."""
        if path is not None:
            self.request = self.visit.crowd.letterhead.readdressed(self.request, path)

    def forget_headers(self) -> None:
        """Another answer is about to come."""
        self._headers = None

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers by lower-case name; of a repeated one, the last."""
        if self._headers is None:
            lines = self.head.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")[1:]
            pairs = (line.partition(":") for line in lines)
            self._headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        return self._headers

    def json(self) -> Any:
        """The body as JSON; ValueError where it is none."""
        return _json(self.body)

    @property
    def retry_after(self) -> float | None:
        """Seconds the answer asked to wait: a number, or the time until an HTTP date."""
        text = self.headers.get("retry-after")
        if text is None:
            return None
        try:
            return max(float(text), 0.0)
        except ValueError:
            pass
        try:
            return max(parsedate_to_datetime(text).timestamp() - time(), 0.0)
        except ValueError:
            return None

    @property
    def sequence(self) -> int:
        """The ledger's sequence that the answer names, −1 where it names none or promises nothing."""
        return self.step.sequence(self.body) if self.outcome is Outcome.OK else -1
