"""Requests as bytes: what is the same for every one of a path is put together once."""

import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from rushproof.engine.address import Address
from rushproof.errors import TargetError
from rushproof.population import Person

_MOST = 4096
"""paths remembered; a persona whose paths hold ids makes more than can be kept"""
_OURS = (("user-agent", "rushproof"), ("accept", "*/*"))
_BLANK = re.compile(r"\{(token|id)\}")
_BODIED = ("POST", "PUT", "PATCH")


def letterhead(url: str, address: Address, fixed: Mapping[str, str]) -> "Letterhead":
    """The one for `target.transport.headers`: one with blanks (`{token}`, `{id}`) has them filled in per request."""
    for name, value in fixed.items():
        if "\r" in value or "\n" in value:  # a secret's file may have more than one line
            raise TargetError(f"target.transport.headers.{name}: expected one line: a header cannot hold a line's end")
    blank = any(_BLANK.search(value) for value in fixed.values())
    return (Form if blank else Letterhead)(url, address, fixed)


class Letterhead:
    """Writes HTTP/1.1 requests to one address, each with the `fixed` headers that the call does not name itself."""

    def __init__(self, url: str, address: Address, fixed: Mapping[str, str]) -> None:
        self.path = urlsplit(url).path.rstrip("/")
        """the URL's own, in front of every path"""
        self._prefix, self.root = address.prefix, address.prefix.removesuffix(self.path)
        """what stands before a path from the host's root: nothing, or the host itself where a proxy is in between"""
        self._host = b"host: %b\r\n%b" % (address.authority.encode(), address.extra)
        headers = dict(_OURS) | {name.lower(): value for name, value in fixed.items()}
        self._fixed = {name: b"%b: %b\r\n" % (name.encode(), value.encode()) for name, value in headers.items() if not _BLANK.search(value)}
        self._names = frozenset(self._fixed)
        self._kind = b"" if "content-type" in headers else b"content-type: application/json\r\n"
        self._common = b" HTTP/1.1\r\n" + self._host + b"".join(self._fixed.values())
        self._heads: dict[tuple[str, str], bytes] = {}
        self._clashes: dict[tuple[str, ...], frozenset[str]] = {}

    def request(
        self, method: str, path: str, body: bytes | None, key: int | None, headers: Mapping[str, str] | None, person: Person
    ) -> bytes:
        """The whole request; `key` becomes its Idempotency-Key, a body is JSON unless `headers` say otherwise."""
        head = self._heads.get((method, path)) or self._head(method, path)
        if headers is not None:
            if clash := self._clash(tuple(headers)):
                head = self._without(head, clash)
            head += b"".join(b"%b: %b\r\n" % (name.encode(), value.encode()) for name, value in headers.items())
        if key is not None:
            head = b"%bidempotency-key: %016x\r\n" % (head, key)
        if body is None:
            return head + (b"content-length: 0\r\n\r\n" if method in _BODIED else b"\r\n")
        kind = b"" if headers is not None and any(name.lower() == "content-type" for name in headers) else self._kind
        return b"%b%bcontent-length: %d\r\n\r\n%b" % (head, kind, len(body), body)

    def readdressed(self, request: bytes, path: str) -> bytes:
        """The same request to another place: a path from the host's root, with its query."""
        method, _, rest = request.partition(b" ")
        return b"%b %b %b" % (method, (self.root + path).encode(), rest.partition(b" ")[2])

    def _head(self, method: str, path: str) -> bytes:
        if len(self._heads) >= _MOST:
            self._heads.clear()
        head = self._heads[method, path] = f"{method} {self._prefix}{path}".encode() + self._common
        return head

    def _clash(self, names: tuple[str, ...]) -> frozenset[str]:
        """The fixed headers that a call names itself."""
        clash = self._clashes.get(names)
        if clash is None:
            clash = self._names.intersection(name.lower() for name in names)
            if len(self._clashes) < _MOST:
                self._clashes[names] = clash
        return clash

    def _without(self, head: bytes, names: Collection[str]) -> bytes:
        left = b"".join(line for name, line in self._fixed.items() if name not in names)
        return head.removesuffix(self._common) + b" HTTP/1.1\r\n" + self._host + left


class Form(Letterhead):
    """A letterhead with blanks in it, for what is each person's own."""

    def __init__(self, url: str, address: Address, fixed: Mapping[str, str]) -> None:
        super().__init__(url, address, fixed)
        self._blanks = {name.lower(): _filler(value) for name, value in fixed.items() if _BLANK.search(value)}

    def request(
        self, method: str, path: str, body: bytes | None, key: int | None, headers: Mapping[str, str] | None, person: Person
    ) -> bytes:
        own = {} if headers is None else headers
        taken = {name.lower() for name in own}
        filled = {name: fill(person) for name, fill in self._blanks.items() if name not in taken}
        return super().request(method, path, body, key, {**filled, **own}, person)


def _filler(text: str) -> Callable[[Person], str]:
    """Puts a person's token and id into a header's value; ValueError where that would end its line."""
    template = text.replace("%", "%%").replace("{token}", "%(token)s").replace("{id}", "%(id)s")

    def fill(person: Person) -> str:
        value = template % {"token": person.token, "id": person.id}
        if "\r" in value or "\n" in value:
            raise ValueError("a header cannot hold a line's end, which this person's token or id has")
        return value

    return fill
