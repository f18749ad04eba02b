"""What was said, try by try, for a person to look at: masked, and with who said what it came to."""

from collections.abc import Callable
from math import isnan
from typing import TYPE_CHECKING, Any

from rushproof.engine.draft import Draft
from rushproof.frame import Exchange
from rushproof.mask import MASK, is_word, masked_body, masked_headers, masked_path
from rushproof.sample import Outcome

if TYPE_CHECKING:
    from rushproof.engine.call import Call, Pledge
    from rushproof.engine.crowd import Crowd
    from rushproof.engine.errand import Errand
    from rushproof.engine.step import StepState

_PLAIN = "HTTP/1.1"


class Trace:
    """Makes an `Exchange` of every try of one crowd."""

    def __init__(self, crowd: "Crowd") -> None:
        self._crowd = crowd

    def show(self, call: "Call", outcome: Outcome, why: str) -> None:
        """A try that has ended."""
        head, _, body = call.request.partition(b"\r\n\r\n")
        line, lines = _lines(head)
        method, path = line.split(" ")[:2]
        root = self._crowd.letterhead.root
        person = call.visit.person
        meaning = call.step.meaning
        self._add(
            call.step.name,
            request=f"{method} {masked_path(path.removeprefix(root), (person.id, person.token))}",
            sent=(*masked_headers(lines), *_body(body, ())),
            status=call.status,
            received=(*masked_headers(_lines(call.head)[1], meaning.headers), *_body(call.body, meaning.fields)),
            outcome=outcome,
            why=why,
            took=call.done - call.sent,
            protocol=self._crowd.pool.protocol or _PLAIN,
            promised=self._promised(
                call.step, call.pledge, call.words.field if isinstance(call, Draft) else None, outcome, call.step.sequence(call.body)
            ),
        )

    def ran(self, errand: "Errand") -> None:
        """A step that was done with a client of the visit's own."""
        self._add(
            errand.step.name,
            request="by a client of the visit's own",
            outcome=errand.outcome,
            why=errand.why or "the visit says so",
            took=errand.done - errand.sent,
            promised=self._promised(errand.step, errand.pledge, errand.field, errand.outcome, errand.sequence),
        )

    def _add(
        self, step: str, *, request: str, outcome: Outcome, why: str, took: float, promised: str, sent: tuple[str, ...] = (),
        status: int = 0, received: tuple[str, ...] = (), protocol: str = "",
    ) -> None:  # fmt: skip
        self._crowd.recorder.exchanges.append(
            Exchange(
                crowd=self._crowd.name,
                step=step,
                request=request,
                sent=sent,
                status=status,
                received=received,
                outcome=outcome.word,
                why=why,
                took=0.0 if isnan(took) else took,  # never sent
                protocol=protocol,
                promised=promised,
            )
        )

    def _promised(
        self, step: "StepState", pledge: "Pledge | None", field: Callable[[str], Any] | None, outcome: Outcome, sequence: int
    ) -> str:
        """What the audit will know of it, and what it will not."""
        if pledge is None or step.promises is None:
            return ""
        promise, (_, number, _, key) = step.promises, pledge
        round_name = self._crowd.recorder.named(number)
        known = [f"round {round_name if is_word(round_name) else MASK}"] if round_name else []
        known += ["content set"] if promise.content else []
        lacking = [f"no field {name} was sent" for name in (promise.round, *promise.content) if field is not None and field(name) is None]
        if outcome is Outcome.OK:
            known = [f"sequence {sequence}", *known] if sequence >= 0 else known
            known += ["key set"] if key and promise.key is not None else []
            lacking += [] if sequence >= 0 else [f"no field {promise.sequence}"]
            lacking += [f"no field {promise.key}"] if promise.key is not None and not key else []
        return ", ".join([*known, *lacking])


def _lines(head: bytes) -> tuple[str, list[tuple[str, str]]]:
    """The first line, and the headers."""
    line, *rest = head.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")
    return line, [(name, value) for name, _, value in (one.partition(":") for one in rest if one)]


def _body(body: bytes, shown: "frozenset[str] | tuple[()]") -> tuple[str, ...]:
    return (masked_body(body, shown),) if body else ()
