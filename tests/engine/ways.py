"""What the tests of the way to a target share: an authority, a ride to a target behind it, and what was noted."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from riding import Ridden, Server, ok, plan, ride, saying, serving


class Authority:
    """A private authority and what it vouches for."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.folder = folder
        self.pem = str(folder / "ca.pem")
        self.ca.cert_pem.write_to_path(self.pem)

    def server(self, *names: str, clients: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*names).configure_cert(context)
        if clients:
            self.ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client(self, name: str = "tester") -> tuple[str, str]:
        """Certificate and key, each in its file."""
        made = self.ca.issue_cert(common_name=name)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        made.cert_chain_pems[0].write_to_path(certificate)
        made.private_key_pem.write_to_path(key)
        return str(certificate), str(key)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def ridden(
    locustfile: str, transport: dict[str, Any], tls: ssl.SSLContext | None, *, host: str = "", answer: Any = None, **more: Any
) -> tuple[Ridden, Server]:
    async def go() -> tuple[Ridden, Server]:
        async with serving(answer or saying(ok()), tls=tls) as server:
            url = server.url.replace("localhost", host) if host else server.url
            return await ride(plan(url, locustfile, rate=50, seconds=0.2, transport=transport, **more)), server

    return asyncio.run(go())


def notes(result: Ridden) -> str:
    return "\n".join(note for frame in result.frames for note in frame.notes)


async def never(request: Any, writer: Any) -> None:
    await asyncio.sleep(60)
