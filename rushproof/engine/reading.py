"""How answers are read that their status alone does not settle: rules, keys, cookies, redirects, and what nobody knows."""

from typing import TYPE_CHECKING

from rushproof.engine import redirect
from rushproof.engine.trace import Trace
from rushproof.mask import masked_body
from rushproof.sample import Outcome

if TYPE_CHECKING:
    from rushproof.engine.call import Call
    from rushproof.engine.crowd import Crowd
    from rushproof.engine.errand import Errand

_OK = Outcome.OK
_NOTHING = (None, "", "null")


class Reading:
    """Reads the answers to one crowd's calls; where there is a `trace`, it shows them."""

    def __init__(self, crowd: "Crowd", trace: Trace | None) -> None:
        self._crowd, self._trace = crowd, trace
        self._recorder = crowd.recorder
        self._hops: dict[Call, redirect.Hops] = {}
        self._astray: dict[str, str] = {}
        """by step, the note about its first redirect that was not followed: all others count as this one"""

    def outcome(self, call: "Call", definite: bool) -> Outcome | None:
        """What a try came to; None where the answer was a redirect, and the call is on its way there."""
        if call.status:
            found = self._answered(call)
            if found is None:
                return None
            outcome, why = found
        else:
            outcome, why = self._unanswered(call, definite), call.why
        hops = self._hops.pop(call, None) if self._hops else None
        if hops is not None:  # the same sample, whichever way it went; another try begins where the first one did
            call.sent, call.request = hops.sent, hops.request
            call.step = self._crowd.steps[call.step.name]
            call.moved(None)
            why = f"{why}, after {hops.followed} redirect{'s' if hops.followed > 1 else ''}"
        if call.step.key is not None:
            self._take_key(call, outcome)
        if self._trace is not None:
            self._trace.show(call, outcome, why)
        return outcome

    def ran(self, errand: "Errand") -> None:
        """A step that was done with a client of the visit's own."""
        if self._trace is not None:
            self._trace.ran(errand)

    @staticmethod
    def _unanswered(call: "Call", definite: bool) -> Outcome:
        if call.outcome is Outcome.MISSED:  # this machine could not send it, which says nothing of the target
            return Outcome.MISSED
        return Outcome.DOUBT if call.write and not definite else Outcome.ERROR

    def _answered(self, call: "Call") -> tuple[Outcome, str] | None:
        step, status = call.step, call.status
        if call.visit.jar is not None:
            call.visit.jar.take(call.head, self._path(call))
        said = step.meaning.said(call, write=call.write, asked_to_wait=status == 503 and call.retry_after is not None)
        if said.outcome is None:
            if status in redirect.STATUSES and not call.write and "location" in call.headers:
                return self._redirected(call)
            return self._unmapped(call, said.why, said.problem)
        if step.remembers and status != 503 and step.meaning.by_status(status):  # what a 503 means hangs on a header
            (step.known_writes if call.write else step.known_reads)[status] = said.outcome
        return said.outcome, said.why

    def _unmapped(self, call: "Call", why: str, problem: str) -> tuple[Outcome, str]:
        step = call.step
        self._recorder.unmapped += 1
        if self._recorder.kinds.curious:
            shown = masked_body(call.body, step.meaning.fields, depth=1)
            self._recorder.kinds.add(step.name, f"{call.status} {shown}".rstrip() + (f" (the function {problem})" if problem else ""))
        else:
            self._recorder.kinds.add_other()
        return (Outcome.DOUBT if call.write else Outcome.ERROR), why

    def _redirected(self, call: "Call") -> tuple[Outcome, str] | None:
        crowd, name = self._crowd, call.step.name
        there = redirect.place(crowd.address, self._path(call), call.headers["location"])
        hops = self._hops.get(call) or redirect.Hops(0, call.sent, call.request)
        if there.path is None:
            why = f"the step {name} was redirected to {there.host}, and load never leaves {crowd.address.host}:{crowd.address.port}"
        elif hops.followed == redirect.MOST:
            why = f"the step {name} was redirected more than {redirect.MOST} times"
        else:
            self._hops[call] = hops._replace(followed=hops.followed + 1)
            self._follow(call, there.path, hops.sent)
            return None
        self._recorder.note(self._astray.setdefault(name, why))
        return Outcome.ERROR, why

    def _follow(self, call: "Call", path: str, sent: float) -> None:
        call.step = call.step.read_through
        call.head = call.body = b""
        call.status = 0
        call.forget_headers()
        call.moved(path)
        self._crowd.pool.submit(call)
        call.sent = sent  # the time-out is the step's, however many places it is sent to

    def _path(self, call: "Call") -> str:
        """What was asked for, from the host's root."""
        asked = call.request.split(b" ", 2)[1].decode("latin-1")
        return asked.removeprefix(self._crowd.letterhead.root)

    def _take_key(self, call: "Call", outcome: Outcome) -> None:
        step, pledge = call.step, call.pledge
        if pledge is None or step.key is None:
            return
        text = step.key(call.body) if outcome is _OK else None
        if outcome is _OK and text in _NOTHING:
            self._recorder.kinds.lacks(step.name, step.promises.key if step.promises and step.promises.key else "")
        call.pledge = (*pledge[:3], 0 if text is None or text in _NOTHING else self._recorder.key(text))
