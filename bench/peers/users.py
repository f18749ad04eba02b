"""The one POST that all generators send, as Locust's own users send it."""

from locust import FastHttpUser, HttpUser, task

import itertools
import os

_NUMBERS = itertools.count()
_CLOSE = {"Connection": "close"} if os.environ.get("CLOSE") else {}


def _request() -> dict[str, object]:
    person = f"p{next(_NUMBERS):012d}"
    return {
        "json": {"person": person, "round": "2022-04-01.r1", "shop": "s00001"},
        "headers": {"Idempotency-Key": person, **_CLOSE},
    }


class Plain(HttpUser):
    """Locust on requests."""

    def on_start(self) -> None:
        self.client.verify = False

    @task
    def reserve(self) -> None:
        self.client.post("/reservations", **_request())


class Fast(FastHttpUser):
    """Locust on geventhttpclient."""

    @task
    def reserve(self) -> None:
        self.client.post("/reservations", **_request())
