"""Somebody else's test system: their database, their certificates, their service as a process, and their test users.

`python tests/foreign/company.py FOLDER` runs all of it until Ctrl-C, for people who want to follow docs/tutorial.md by hand.
"""

import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import trustme

BACKEND = Path(__file__).parent / "backend"
SECRET = "the-sign-in-service-of-the-test-system-keeps-this"
READER, PASSWORD = "guarded", "canary-of-the-database-4711"
"""who reads bookings; this role alone is asked for a password"""
AWAY = 0.02
"""seconds to the database of the tutorial's service, whose eight connections so hold about 350 bookings a second, on any machine"""
_ONE_AT_A_TIME = threading.Lock()
_WITHIN = 60.0
"""seconds that the service has to be up in: cores are shared"""


class Company:
    """What a team is given that is to test this service: an address, a CA, users with tokens, and an account that reads the database."""

    def __init__(self, folder: Path, port: int, owner: str) -> None:
        self.folder, self.port, self.owner = folder, port, owner
        self.url = f"https://localhost:{port}"
        self.ca = folder / "ca.pem"
        self.log = folder / "service.log"
        self.pid = 0
        self.dsn = owner.replace("postgres:@", f"{READER}:{PASSWORD}@")

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))

    def users(self, file: Path, count: int, *, hours: float = 2.0, batch: str = "a") -> Path:
        """A CSV of test users with tokens."""
        command = [sys.executable, str(BACKEND / "make_users.py"), str(count), "--hours", str(hours), "--batch", batch]
        with file.open("wb") as out:
            subprocess.run(command, env={**os.environ, "JWT_SECRET": SECRET}, stdout=out, timeout=60, check=True)
        return file

    def rows(self, query: str) -> list[tuple]:
        with psycopg.connect(self.owner) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def running(
    folder: Path, owner: str, *, bug: str = "", seats: int = 100_000, away: float = 0.0, moved_to: str = "https://www.seats.example",
    port: int = 0,
) -> Iterator[Company]:  # fmt: skip
    """The service on a port (0: a free one) over the database `owner`, up; ended by its id."""
    company = Company(folder, port or free_port(), owner)
    certificates(folder)
    let_read(owner)
    command = [
        sys.executable, str(BACKEND / "serve.py"), "--port", str(company.port), "--cert", str(folder / "server.pem"),
        "--key", str(folder / "server.key"), "--seats", str(seats), "--away", str(away), "--moved-to", moved_to,
    ]  # fmt: skip
    surroundings = {**os.environ, "DATABASE_URL": owner, "JWT_SECRET": SECRET, "BUG": bug}
    with company.log.open("wb") as log, subprocess.Popen(command, env=surroundings, stdout=log, stderr=log) as process:
        company.pid = process.pid
        try:
            until_alive(company, process)
            yield company
        finally:
            process.terminate()
            process.wait(_WITHIN)


def certificates(folder: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    server = authority.issue_cert("localhost", "127.0.0.1", "seats.test")
    server.private_key_pem.write_to_path(folder / "server.key")
    (folder / "server.pem").unlink(missing_ok=True)
    for certificate in server.cert_chain_pems:
        certificate.write_to_path(folder / "server.pem", append=True)


def let_read(owner: str) -> None:
    """The account of those who test: it reads, and comes in by password.  Roles are the whole server's, so it may be there."""
    with _ONE_AT_A_TIME, psycopg.connect(owner, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER]).fetchone():
            connection.execute(f"CREATE ROLE {READER}")
        connection.execute(f"ALTER ROLE {READER} LOGIN PASSWORD '{PASSWORD}'")
        connection.execute(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER}")


def until_alive(company: Company, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _WITHIN
    while True:
        try:
            with urllib.request.urlopen(f"{company.url}/livez", timeout=2, context=company.trust):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the service did not start: {company.log.read_text()[-2000:]}") from None
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """The whole company on this machine until Ctrl-C, and what it gives to those who test, in a folder."""
    import signal

    from parts import postgres_server

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with postgres_server() as dsn, running(folder, dsn.format("postgres"), bug=os.environ.get("BUG", ""), away=AWAY, port=8443) as company:
        company.users(folder / "users.csv", 20_000)
        print(f"{company.url}\n{company.ca}\n{folder / 'users.csv'}\nexport SEATS_DSN='{company.dsn}'", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parent.parent))  # for `parts`
    main()
