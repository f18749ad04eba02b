"""Identity: who registers, who logs in on which device, and who may speak for whom.

    POST /registrations ─▶ person, code ─▶ POST /tokens (person, device, code) ─▶ token, next code ─▶ every request about the person

A token is shown as `Authorization: Bearer …` beside the `Device` it was made for; from another device it is a replay.  It needs no look-up,
and whatever is done with it has an Idempotency-Key or a state of its own, so that the same request sent twice counts once.  A code logs in
one device only: shown by that device again it gives the same token, shown by another it is a replay.
"""

import hmac
import re
import secrets
from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from aiohttp import web

from fake_backend import registrations
from fake_backend.answers import json_answer, parsed
from fake_backend.books import Books
from fake_backend.contract import BODY, TEXT, operation, parameter, ref
from fake_backend.facts import Identifier, Refusal, written
from fake_backend.faults import RetryStorm
from fake_backend.problems import Refused, refused
from fake_backend.registrations import Register, Registration, State
from fake_backend.room import Guard, Room, Site, nobody_stopped
from fake_backend.settings import Links, Settings
from fake_backend.switches import Switches
from fake_backend.tokens import Token, key_of, read_token, written_token
from fake_backend.verification import Verifier

_NAME: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_KNOWN: Final = "SELECT person, proof, state, admitted, at FROM registrations WHERE person = ?"
CODE_LASTS: Final = 7 * 86400
"""seconds that a code can be used to log in"""
_SCHEMA: Final = (
    *registrations.SCHEMA,
    """CREATE TABLE IF NOT EXISTS used_codes (
  nonce TEXT PRIMARY KEY, device TEXT NOT NULL, verified INTEGER NOT NULL, at DOUBLE PRECISION NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS used_codes_by_moment ON used_codes (at)",
)


class Registered(msgspec.Struct, frozen=True):
    """What POST /registrations answers; the code logs in once."""

    person: str
    state: State
    admitted: bool
    code: str


class RegistrationShown(msgspec.Struct, frozen=True):
    """What GET /registrations/{person} answers; `admitted`: may take part though the verification has not answered yet."""

    person: str
    state: State
    admitted: bool


class LogIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /tokens."""

    person: Identifier
    device: Identifier
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


class LoggedIn(msgspec.Struct, frozen=True):
    """What POST /tokens answers: the token of this device, when it ends, and the code for the next log-in."""

    person: str
    token: str
    expires: str
    verified: bool
    code: str


def guard(settings: Settings, links: Links, now: Callable[[], float]) -> Guard:
    """Asks for tokens where the settings say so."""
    if settings.identity == "open":
        return nobody_stopped
    key = key_of(links.secret)

    def check(request: web.Request, person: str) -> Refusal | None:
        shown = request.headers.get("Authorization")
        if shown is None:
            return _MISSING
        token = read_token(shown.removeprefix("Bearer "), key, now())
        if isinstance(token, Refusal):
            return token
        if token.device and token.device != request.headers.get("Device"):
            return _REPLAYED
        if token.person != person:
            return _NOT_YOURS
        return None if token.verified else _NOT_VERIFIED

    return check


def log_in(
    command: LogIn, code: Token, known: Registration | None, used: tuple[str, int, float] | None, now: float
) -> Refusal | tuple[bool, float]:
    """Whether their token says verified, and when it begins; as the first time where the same device shows the code again."""
    if code.person != command.person or known is None:
        return Refusal("not_yours", "the code is another person's", "code")
    if used is not None and used[0] != command.device:
        return Refusal("token_replayed", "the code was used on another device", "code", _ASK)
    return (bool(used[1]), used[2]) if used else (known.eligible, now)


class Office:
    """Where tokens are made; belongs to one backend."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._tokens, self._codes = key_of(site.links.secret), key_of(site.links.secret, "codes")

    def code(self, person: str, nonce: str, at: float) -> str:
        """A code that logs the person in."""
        return written_token(Token(person, "", False, int(at), int(at) + CODE_LASTS, nonce), self._codes)

    def logged_in(self, books: Books, command: LogIn) -> LoggedIn | Refusal:
        """The token of the device that shows a code."""
        code = read_token(command.code, self._codes, books.at)
        if isinstance(code, Refusal):
            return msgspec.structs.replace(code, field="code")
        used = books.row("SELECT device, verified, at FROM used_codes WHERE nonce = ?", code.nonce)
        found = log_in(command, code, registrations.of(books, command.person), used, books.at)
        if isinstance(found, Refusal):
            return found
        verified, at = found
        if used is None:
            books.run("DELETE FROM used_codes WHERE at < ?", books.at - 2 * CODE_LASTS)
            books.run("INSERT INTO used_codes VALUES (?, ?, ?, ?)", code.nonce, command.device, int(verified), at)
        nonce = hmac.digest(self._codes, f"{code.nonce}\n{command.device}".encode(), "sha256").hex()[:32]
        token = Token(command.person, command.device, verified, int(at), int(at + self._site.settings.token_lasts), nonce)
        return LoggedIn(
            token.person,
            written_token(token, self._tokens),
            written(token.expires, "seconds"),
            verified,
            self.code(token.person, nonce, at),
        )


def room(site: Site, lies: Switches) -> Room:
    """Register, look what became of it, log in; `lies` are the planted defects."""
    office, verifier, links, books = Office(site), Verifier(site), site.links, site.books
    admit = site.settings.verifier_away == "admit"

    async def register(request: web.Request) -> web.Response:
        wanted = await parsed(request, _decode_register)
        if not links.providers and not admit:
            raise Refused(_AWAY)
        storm = lies.fault("retry_storm", RetryStorm) if links.providers else None
        ask = bool(links.providers) and storm is None
        made = await books.write(lambda books: registrations.register(books, wanted, links.secret, admit, ask))
        if isinstance(made, Refusal):
            raise Refused(made)
        if storm is not None and made.state == "pending":
            made = msgspec.structs.replace(made, state=await verifier.now(storm, wanted, made.person))
        code = office.code(made.person, secrets.token_hex(16), site.clock.now())
        return json_answer(Registered(made.person, made.state, made.admitted, code), 201)

    async def show(request: web.Request) -> web.Response:
        person = request.match_info["person"]
        rows = await books.read(_KNOWN, person) if _NAME.fullmatch(person) else []
        if not rows:
            raise refused("no_such_registration", "nobody registered under this name", "person")
        known = registrations.registration(rows[0])
        return json_answer(RegistrationShown(known.person, known.state, known.admitted))

    async def log_in_(request: web.Request) -> web.Response:
        command = await parsed(request, _decode_log_in)
        made = await books.write(lambda books: office.logged_in(books, command))
        if isinstance(made, Refusal):
            raise Refused(made)
        return json_answer(made, 201)

    routes = (web.post("/registrations", register), web.get("/registrations/{person}", show), web.post("/tokens", log_in_))
    couriers = {registrations.VERIFY: verifier}
    types = (Register, Registered, RegistrationShown, LogIn, LoggedIn)
    return Room(schema=_SCHEMA, routes=routes, couriers=couriers, contract=_CONTRACT, types=types)


_decode_register: Final = msgspec.json.Decoder(Register).decode
_decode_log_in: Final = msgspec.json.Decoder(LogIn).decode
_ASK: Final = {"WWW-Authenticate": "Bearer"}
_MISSING: Final = Refusal("token_missing", "expected Authorization: Bearer and a token", "Authorization", _ASK)
_REPLAYED: Final = Refusal("token_replayed", "it was made for another device than the Device header names", "Device", _ASK)
_NOT_YOURS: Final = Refusal("not_yours", "the token is another person's", "person")
_NOT_VERIFIED: Final = Refusal("not_verified", "the person's name is not verified", "person")
_AWAY: Final = Refusal("verifier_away", "there is nobody to verify it", None, {"Retry-After": "60"})
_CONTRACT: Final = {
    "/registrations": {
        "post": operation(
            "Register a person, who is known by a pseudonym from then on; the same again is answered the same", ref("Registered"), 201,
            (*BODY, "already_registered", "verifier_away", "not_stored"), body=ref("Register"),
        )
    },
    "/registrations/{person}": {
        "get": operation(
            "Whether a person's name is verified", ref("RegistrationShown"), codes=("no_such_registration",),
            parameters=(parameter("person", "path", TEXT),),
        )
    },
    "/tokens": {
        "post": operation(
            "Log a device in with a code", ref("LoggedIn"), 201,
            (*BODY, "token_wrong", "token_expired", "token_replayed", "not_yours", "not_stored"), body=ref("LogIn"),
        )
    },
}  # fmt: skip
