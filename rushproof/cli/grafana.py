"""A Grafana to push dashboards to, and what its refusals mean."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from grafana_api.grafana_api import GrafanaClientError, GrafanaException
from grafana_api.grafana_face import GrafanaFace

from rushproof import __version__, catalogue
from rushproof.errors import InputError

TIMEOUT = 10.0
"""wall seconds for one answer of Grafana"""
_REFUSALS = {
    401: "it does not know the token",
    403: "the token may not do this; its service account needs the role Editor",
    404: "there is no Grafana API at this address; a Grafana under a path needs the path in --url",
    412: "it holds a dashboard of that name which is not ours; rename or remove it there",
}


class Grafana:
    """One Grafana, by its address and a token; InputError for whatever it does not take."""

    def __init__(self, url: str, token: str) -> None:
        parts = _address(url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._said = f"Grafana at {url}"
        path = parts.path.strip("/")
        self._face = GrafanaFace(
            auth=token, host=parts.netloc, protocol=parts.scheme, url_path_prefix=f"{path}/" if path else "", timeout=TIMEOUT
        )
        self._face.api.s.max_redirects = 0

    def push(self, folder: str | None) -> Iterator[tuple[str, str]]:
        """Each dashboard of the catalogue, put into the folder over an older one of ours; yields its name and address."""
        with self._explained():
            uid = self._folder(folder) if folder else None
            for entry in catalogue.entries(catalogue.DASHBOARDS, ".json"):
                dashboard = json.loads(entry.path.read_text(encoding="utf-8"))
                wish: dict[str, Any] = {"dashboard": {**dashboard, "id": None}, "overwrite": True, "message": f"rushproof {__version__}"}
                if uid is not None:
                    wish["folderUid"] = uid
                answer = self._face.dashboard.update_dashboard(wish)
                yield entry.name, self._origin + str(answer["url"])

    def _folder(self, title: str) -> str:
        """The uid of the folder of that title, which is made where there is none."""
        for folder in self._face.folder.get_all_folders():
            if folder["title"] == title:
                return str(folder["uid"])
        return str(self._face.folder.create_folder(title)["uid"])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except GrafanaException as refusal:
            meaning = _REFUSALS.get(refusal.status_code) if isinstance(refusal, GrafanaClientError) else None
            raise InputError(f"{self._said} refused ({refusal.status_code}): {meaning or refusal.message}") from None
        except requests.TooManyRedirects:
            raise InputError(f"{self._said} sends elsewhere; give the address it sends to, such as https:// instead of http://") from None
        except (ValueError, KeyError, TypeError) as problem:
            raise InputError(f"{self._said} answers, but not as Grafana does: {problem}") from None
        except requests.RequestException as problem:
            raise InputError(f"{self._said} cannot be reached: {_short(problem)}") from None


def _address(url: str) -> SplitResult:
    """The parts of an address that can be one of Grafana's; what is wrong with another is not shown where it could hold a password."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.query
    except ValueError:
        raise InputError(f"--url: expected an address such as http://127.0.0.1:3000, found {url!r}") from None
    if parts.username is not None:
        raise InputError("--url: expected an address without a name and password; the token stands for them")
    if not fits:
        raise InputError(f"--url: expected an address such as http://127.0.0.1:3000, found {url!r}")
    return parts


def _short(problem: BaseException) -> str:
    """The innermost reason, without the objects around it."""
    while problem.__cause__ or problem.__context__:
        problem = problem.__cause__ or problem.__context__ or problem
    return str(problem)
