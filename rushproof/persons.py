"""People that exist already: rows of a user's own file, with the tokens that let them in."""

from collections.abc import Mapping

import msgspec

from rushproof.population import Person, Population
from rushproof.quantity import Duration


class PersonsSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a scenario's people come from, where they are not derived: a file, a signer, or a file whose rows a signer signs.

    A file is taken in its own order, one row a person; a second run begins where the first one ended.
    """

    file: str | None = None
    """a Parquet or CSV file (with a header) beside the scenario; it is streamed, and may be far larger than memory"""
    id: str = "id"
    """the column by which the target knows a person"""
    token: str | None = None
    """the column of a token"""
    expires: str | None = None
    """the column of when the token ends: unix seconds, or a timestamp"""
    attributes: tuple[str, ...] = ()
    """further columns, for the persona: `person["shop"]`"""
    signer: str | None = None
    """`./tokens.py:sign`, a function from a `Person` to a `Token` or its text, called in a process of its own, ahead of the due time.

    It is called for who has no token, or one that ends too soon.  A plain function is called for one person after the other, an
    `async def` for many at once.  What it needs beside the id (a password) is an attribute.
    """
    ahead: Duration = Duration(30)
    """wall seconds before a person is due that the signer is called at the earliest; never more than half of what its tokens last"""
    refresh: Duration = Duration(30)
    """wall seconds before a token ends from which on the signer is called again; never more than half of what its tokens last"""


class Token(msgspec.Struct, frozen=True):
    """What lets a person in; `expires` in unix seconds, None where it does not end."""

    text: str
    expires: float | None = None

    def __repr__(self) -> str:
        return f"Token(…, expires={self.expires})"


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One person as it travels to the engine."""

    index: int
    """which row of the file, or of the derived population"""
    id: str
    token: str = ""
    expires: float | None = None
    attributes: Mapping[str, str] = {}
    failed: str = ""
    """why this person cannot come, or not with a new token; then the rest is not to be used"""

    def __repr__(self) -> str:
        return f"Row({self.index}, …)"


class GivenPerson(Person):
    """A person of the user's own: id, token and attributes are the row's; device, patience and dice are derived from its index."""

    __slots__ = ("row",)

    def __init__(self, population: Population, row: Row, key: int) -> None:
        super().__init__(population, row.index, key)
        self.row = row

    @property
    def id(self) -> str:
        """The identity the target knows this person by."""
        return self.row.id

    @property
    def token(self) -> str:
        """What lets this person in; empty where there is none."""
        return self.row.token

    @property
    def expires(self) -> float | None:
        """Unix seconds at which the token ends; None where it does not."""
        return self.row.expires

    def __getitem__(self, name: str) -> str:
        """An attribute: a column of the user's file that the scenario names."""
        return self.row.attributes[name]
