"""Registrations: one person, one pseudonym, one verification of the real name.

    person = "did:reserve:" + HMAC-SHA256(key, identity number)

Name, identity number and phone come in, are compared as keyed hashes, and are kept nowhere: what has to wait for the verification lies
sealed in the outbox until it was carried.  While the verification does not answer a registration is pending: it then counts as unverified
(fail closed), or is admitted and verified later (fail open), as `settings.verifier_away` says.
"""

import hmac
from typing import Annotated, Final, Literal

import msgspec

from fake_backend.books import Books
from fake_backend.facts import Event, Letter, Refusal
from fake_backend.sealed import seal
from fake_backend.tokens import key_of

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS registrations (
  person TEXT PRIMARY KEY, proof TEXT NOT NULL, state TEXT NOT NULL, admitted INTEGER NOT NULL, at DOUBLE PRECISION NOT NULL)""",
)
VERIFY: Final = "verification.ask"
"""the letter that has a name verified"""

State = Literal["pending", "verified", "refused"]


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /registrations."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    identity: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{6,32}(?!\n)$")]
    phone: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9 -]{5,20}(?!\n)$")]


class Registration(msgspec.Struct, frozen=True):
    """What is known of a person; `proof` is a keyed hash of all they said."""

    person: str
    proof: str
    state: State
    admitted: bool
    """whether they may take part though the verification has not answered yet"""
    at: float

    @property
    def eligible(self) -> bool:
        """Whether they may take part."""
        return self.state == "verified" or (self.state == "pending" and self.admitted)


def pseudonym(identity: str, secret: str) -> str:
    """The id of whoever has this identity number; nobody without the secret can tell it, or tell the number from it."""
    return f"did:reserve:{_hash(identity.upper(), secret, 'identities')[:32]}"


def decide(wanted: Register, known: Registration | None, secret: str, admit: bool, now: float) -> Registration | Refusal:
    """The registration: the one that is there, where the very same was said before."""
    said = "\n".join((wanted.identity.upper(), wanted.name, wanted.phone))
    proof = _hash(said, secret, "proofs")
    if known is None:
        return Registration(pseudonym(wanted.identity, secret), proof, "pending", admit, now)
    if not hmac.compare_digest(known.proof, proof):
        return Refusal("already_registered", "with another name or phone", "identity")
    return known


def of(books: Books, person: str) -> Registration | None:
    """What is known of the person."""
    row = books.row("SELECT person, proof, state, admitted, at FROM registrations WHERE person = ?", person)
    return registration(row) if row else None


def registration(row: tuple[str, str, State, int, float]) -> Registration:
    """A row of the table."""
    person, proof, state, admitted, at = row
    return Registration(person, proof, state, bool(admitted), at)


def register(books: Books, wanted: Register, secret: str, admit: bool, ask: bool) -> Registration | Refusal:
    """Register, once; the verification, where there is one to `ask`, is asked by a letter."""
    known = of(books, pseudonym(wanted.identity, secret))
    made = decide(wanted, known, secret, admit, books.at)
    if known is None and isinstance(made, Registration):
        books.run("INSERT INTO registrations VALUES (?, ?, ?, ?, ?)", made.person, made.proof, made.state, int(made.admitted), made.at)
        books.note(Event("registered", made.person, made.person, detail={"admitted": made.admitted}))
    if ask and known is None and isinstance(made, Registration):
        sealed = seal(to_be_verified(wanted).decode(), key_of(secret, "seals"))
        books.send(Letter(VERIFY, made.person, {"person": made.person, "sealed": sealed}))
    return made


def to_be_verified(wanted: Register) -> bytes:
    """What the verification is asked."""
    return msgspec.json.encode({"identity": wanted.identity, "name": wanted.name})


def settle(books: Books, person: str, state: State) -> None:
    """The verification has answered; once."""
    known = of(books, person)
    if known is not None and known.state == "pending" and state != "pending":
        books.run("UPDATE registrations SET state = ? WHERE person = ?", state, person)
        kind = "verified" if state == "verified" else "verification_refused"
        books.note(Event(kind, person, person, detail={"admitted": known.admitted}))


def _hash(text: str, secret: str, purpose: Literal["identities", "proofs"]) -> str:
    return hmac.digest(key_of(secret, purpose), text.encode("utf-8", "surrogatepass"), "sha256").hex()
