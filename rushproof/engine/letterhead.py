"""Requests as bytes: what is the same for every one of a path is put together once."""

from collections.abc import Mapping

from rushproof.engine.address import Address

_MOST = 4096
"""paths remembered; a persona whose paths hold ids makes more than can be kept"""


class Letterhead:
    """Writes HTTP/1.1 requests to one address."""

    def __init__(self, address: Address) -> None:
        self._prefix = address.prefix
        self._common = f" HTTP/1.1\r\nhost: {address.authority}\r\nuser-agent: rushproof\r\naccept: */*\r\n"
        self._heads: dict[tuple[str, str], bytes] = {}

    def request(self, method: str, path: str, body: bytes | None, key: int | None, headers: Mapping[str, str] | None) -> bytes:
        """The whole request; `key` becomes its Idempotency-Key, a body is JSON unless `headers` say otherwise."""
        head = self._heads.get((method, path)) or self._head(method, path)
        if headers is not None:
            head += b"".join(b"%b: %b\r\n" % (name.encode(), value.encode()) for name, value in headers.items())
        if key is not None:
            head = b"%bidempotency-key: %016x\r\n" % (head, key)
        if body is None:
            return head + (b"content-length: 0\r\n\r\n" if method in ("POST", "PUT", "PATCH") else b"\r\n")
        kind = (
            b""
            if headers is not None and any(name.lower() == "content-type" for name in headers)
            else b"content-type: application/json\r\n"
        )
        return b"%b%bcontent-length: %d\r\n\r\n%b" % (head, kind, len(body), body)

    def _head(self, method: str, path: str) -> bytes:
        if len(self._heads) >= _MOST:
            self._heads.clear()
        head = self._heads[method, path] = f"{method} {self._prefix}{path}{self._common}".encode()
        return head
