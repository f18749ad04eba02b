"""Whatever is asked of the reference backend, by its own contract or against it, the answer is one that the contract knows."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import aiohttp
import pytest
import requests
import schemathesis
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from trades import ROUND, Asker, Still, paid

from fake_backend.app import compose
from fake_backend.database.sqlite import Sqlite
from fake_backend.settings import Links

KNOWN = {
    "order": "o1", "person": "p1", "round": ROUND, "reservation": "1", "sequence": "1", "payment": "o1.1", "day": "2022-04-01",
    "shop": "s00001", "name": "leave_gap", "bank": "icbc", "channel": "app",
}  # fmt: skip
statuses: set[tuple[str, int]] = set()
"""what was asked, and how it was answered"""
CHECKS: list[CheckFunction] = [status_code_conformance, content_type_conformance, response_schema_conformance]
UNREACHABLE = "http://127.0.0.1:9"  # where nobody listens: whatever goes outside waits in the outbox


async def _serve(file: Path, started: "Future[tuple[str, Callable[[], None]]]") -> None:
    """Serve on the file, with one order paid; how to reach it, and how to end it from another thread."""
    database, stop, loop, wall = Sqlite(file), asyncio.Event(), asyncio.get_running_loop(), Still()
    try:
        backend = await compose(database, wall=wall, links=Links(gateway=UNREACHABLE, providers=UNREACHABLE))
        async with TestServer(backend.web) as server, aiohttp.ClientSession(server.make_url("/")) as session:
            await paid(backend, Asker(session))
            started.set_result((str(server.make_url("")).rstrip("/"), lambda: loop.call_soon_threadsafe(stop.set)))
            await stop.wait()
    finally:
        database.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A backend in a thread, on a real file."""
    started: Future[tuple[str, Callable[[], None]]] = Future()
    file = tmp_path_factory.mktemp("schema") / "ledger.db"
    thread = threading.Thread(target=lambda: asyncio.run(_serve(file, started)))
    thread.start()
    address, stop = started.result(20)
    yield address
    stop()
    thread.join(20)


def operations(url: str) -> Iterator[schemathesis.APIOperation]:
    """Every operation of the contract."""
    for found in schemathesis.openapi.from_url(f"{url}/openapi.json").get_all_operations():
        yield found.ok()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_one_that_the_contract_knows(url: str, mode: GenerationMode) -> None:
    statuses.clear()
    with requests.Session() as session:
        for operation in operations(url):
            ask(operation, mode, session)
    assert len({label for label, status in statuses if (status < 300) is (mode is GenerationMode.POSITIVE)}) > 15, statuses


def ask(operation: schemathesis.APIOperation, mode: GenerationMode, session: requests.Session) -> None:
    """Ask one operation some ways that its contract allows, or some that it does not; every other time about what there is."""
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
        return  # a path alone is never against the contract, only unknown

    @settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def asked(case: schemathesis.Case, known: bool) -> None:
        if known:
            for part in (case.path_parameters, case.query, case.body):
                if isinstance(part, dict):
                    part.update({name: value for name, value in KNOWN.items() if name in part})
        answer = case.call(session=session, timeout=10)
        assert answer.status_code != 500
        case.validate_response(answer, checks=CHECKS)
        statuses.add((operation.label, answer.status_code))

    with contextlib.suppress(Unsatisfiable):
        asked()
