"""A request's bytes as HTTP/2 has them: header fields, and a body."""

_NOT_THERE = (b"host", b"connection", b"proxy-authorization")
"""header lines that HTTP/2 says otherwise, or has no place for"""


def structured(request: bytes, scheme: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Fields and body of a whole HTTP/1.1 request, which is what every other part of the engine makes and shows."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, path, _ = first.split(b" ", 2)
    pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    authority = next(value for name, value in pairs if name == b"host")
    own = [(b":method", method), (b":authority", authority), (b":scheme", scheme), (b":path", path)]
    return own + [pair for pair in pairs if pair[0] not in _NOT_THERE], body
