"""Calls that take more to make than most: what they promise is looked for, and what they send is put together before every try."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from rushproof.engine.call import Call, Pledge
from rushproof.field import looked_up
from rushproof.population import Person
from rushproof.seams import Request

if TYPE_CHECKING:
    from rushproof.engine.step import StepState
    from rushproof.engine.visit import Visit

_encode = msgspec.json.Encoder().encode


class Words(msgspec.Struct, frozen=True, gc=False):
    """What a persona said of a call."""

    method: str
    path: str
    body: Any
    person: Person
    headers: Mapping[str, str] | None
    about: Mapping[str, Any] | None

    def field(self, path: str) -> Any:
        """What a promise reads: of the body, or else of what the call is said to be about."""
        found = looked_up(self.body, path)
        return looked_up(self.about, path) if found is None and self.about is not None else found


def elaborate(visit: "Visit", step: "StepState", words: Words) -> Call:
    """The call of a step that needs more than most."""
    crowd = visit.crowd
    body = words.body
    payload = body if body is None or body.__class__ is bytes else _encode(body)
    pledge: Pledge | None = None
    key: int | None = None
    if step.promises is not None:
        pledge = visit.pledge(step, words.person, words.field)
        key = pledge[3]
        if step.key is not None:
            pledge = (*pledge[:3], 0)
    if crowd.drafts:
        return Draft(visit, step, words, payload, key, pledge)
    request = crowd.letterhead.request(words.method, words.path, payload, key, words.headers, words.person)
    return Call(visit, step, request, words.method != "GET", visit.due, pledge)


class Draft(Call):
    """A call whose request is put together anew before each try: with the token, the cookies and the signature of the moment."""

    __slots__ = ("_key", "_payload", "_place", "_token", "words")

    def __init__(
        self, visit: "Visit", step: "StepState", words: Words, payload: bytes | None, key: int | None, pledge: Pledge | None
    ) -> None:
        super().__init__(visit, step, b"", words.method != "GET", visit.due, pledge)
        self.words, self._payload, self._key = words, payload, key
        self._token = words.person.token
        self._place: str | None = None

    def prepare(self) -> None:
        """Sends it once the person's token is good."""
        crowd = self.visit.crowd
        waits_for = None if crowd.feed is None else crowd.feed.fresh(self.words.person)
        if waits_for is None:
            self._send()
        else:
            crowd.when(waits_for, self, self._send)

    def wake(self) -> None:
        """The next try's time has come."""
        self.prepare()

    def moved(self, path: str | None) -> None:
        self._place = path
        if path is not None:
            try:
                self.request = self._written()
            except Exception as error:  # the persona's own `sign`, which did it once already
                self.visit.crowd.recorder.raised(self.visit.crowd.name, error)
                super().moved(path)

    def censor(self, now: float) -> None:
        """The run is over, and its token never came."""
        self.done = now
        self.visit.crowd.recorder.sample(self, True)
        self.visit.censor(now)

    def _send(self) -> None:
        try:
            self.request = self._written()
        except Exception as error:  # a persona's bug must not stop the other visits
            self.visit.broke(self, error)
            return
        self.visit.try_again(self)

    def _written(self) -> bytes:
        words, crowd = self.words, self.visit.crowd
        path = self._place or crowd.letterhead.path + words.path
        headers = self._headers_now(path)
        request = self._addressed(headers)
        sign = crowd.persona.sign
        if sign is None:
            return request
        signed = sign(Request(words.method, path, _headers_of(request), self._payload or b""), words.person)
        return self._addressed({**headers, **signed})

    def _headers_now(self, path: str) -> dict[str, str]:
        """The persona's, with a newer token in the place of the one they were written with, and the visit's cookies."""
        words, jar = self.words, self.visit.jar
        headers = dict(words.headers or {})
        if self._token and words.person.token != self._token:
            headers = {name: value.replace(self._token, words.person.token) for name, value in headers.items()}
        cookie = "" if jar is None else jar.header(path)
        return {"cookie": cookie, **headers} if cookie else headers

    def _addressed(self, headers: Mapping[str, str]) -> bytes:
        words, letterhead = self.words, self.visit.crowd.letterhead
        request = letterhead.request(words.method, words.path, self._payload, self._key, headers or None, words.person)
        return request if self._place is None else letterhead.readdressed(request, self._place)


def _headers_of(request: bytes) -> dict[str, str]:
    lines = request.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
