"""The cookies of one visit: what the target set, sent back until it takes it away.  There is one host, so that none is anybody else's."""

from email.utils import parsedate_to_datetime
from time import time

_MOST = 50
"""cookies a visit keeps, as a browser keeps no end of them for a host either"""


class Jar:
    """Cookies by name and path (RFC 6265)."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[str, float | None]] = {}

    def take(self, head: bytes, path: str) -> None:
        """Keeps and drops what the answer to a request for `path` says."""
        if b"set-cookie:" not in head.lower():
            return
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name.strip().lower() == "set-cookie":
                self._set(value, path)

    def header(self, path: str) -> str:
        """The value of `cookie:` for a request, empty where there is none."""
        now = time()
        fitting = [
            (within, name, value)
            for (name, within), (value, until) in self._kept.items()
            if _covers(within, _plain(path)) and (until is None or until > now)
        ]
        fitting.sort(key=lambda one: -len(one[0]))  # the nearest path first
        return "; ".join(f"{name}={value}" for _, name, value in fitting)

    def _set(self, text: str, path: str) -> None:
        pair, *attributes = text.split(";")
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            return
        said = {key.strip().lower(): given.strip() for key, _, given in (one.partition("=") for one in attributes)}
        within = said.get("path", "")
        key = (name.strip(), within if within.startswith("/") else _folder(path))
        self._kept.pop(key, None)
        until = _until(said)
        if (until is None or until > time()) and len(self._kept) < _MOST:
            self._kept[key] = (value.strip(), until)


def _until(said: dict[str, str]) -> float | None:
    """When it ends in unix seconds, None with the visit; `max-age` has the last word over `expires`."""
    try:
        if "max-age" in said:
            return time() + int(said["max-age"])
        return parsedate_to_datetime(said["expires"].replace("-", " ")).timestamp() if "expires" in said else None
    except (ValueError, OverflowError):
        return None


def _plain(path: str) -> str:
    return path.partition("?")[0]


def _folder(path: str) -> str:
    return _plain(path).rpartition("/")[0] or "/"


def _covers(within: str, path: str) -> bool:
    return path == within or (path.startswith(within) and (within.endswith("/") or path[len(within)] == "/"))
