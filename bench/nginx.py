"""A bare nginx, the server that is never the bottleneck: one worker that answers any request with the same small JSON."""

import contextlib
import os
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.child import Failed, child
from bench.machine import SERVER

ANSWER = '{"sequence":1,"person":"p000000000001","round":"2022-04-01.r1","shop":"s00001","at":"2022-04-01T09:00:00.001"}'

_CONFIG = """
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log error;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    default_type application/json;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{plain} backlog=65535;
        listen 127.0.0.1:{secure} ssl backlog=65535;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        ssl_protocols TLSv1.3;
        ssl_session_cache shared:sessions:10m;
        location / {{ return 201 '{answer}'; }}
    }}
}}
"""


class Nginx(msgspec.Struct, frozen=True):
    """Where it listens, and the certificate to trust."""

    plain: str
    secure: str
    ca: str


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[Nginx]:
    """One nginx worker on the server's core until the block ends; `Failed` where nginx is not installed."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise Failed("nginx is not installed")
    plain, secure = _free_ports(2)
    certify(folder)
    config = _CONFIG.format(folder=folder, plain=plain, secure=secure, answer=ANSWER)
    if os.geteuid() == 0:
        config = "user root;" + config  # its own worker must reach the scratch folder
    (folder / "nginx.conf").write_text(config)
    with child([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], SERVER, folder / "nginx.out"):
        answering(plain)
        yield Nginx(f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", str(folder / "ca.pem"))


def certify(folder: Path) -> None:
    """Writes `server.pem`, `server.key` and `ca.pem`: a certificate for 127.0.0.1 that nobody else trusts."""
    import trustme  # with the test extra

    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(folder / "server.pem", append=number > 0)
    authority.cert_pem.write_to_path(folder / "ca.pem")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def answering(port: int, within: float = 10.0) -> None:
    """Returns when something accepts connections on the port."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(0.02)
    raise Failed(f"nothing listens on port {port} after {within:.0f} s")


def cipher(address: str, ca: str) -> str:
    """Which version and cipher a TLS connection to it gets, for the record."""
    host, port = address.removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=ca)
    with socket.create_connection((host, int(port)), 5.0) as raw, context.wrap_socket(raw, server_hostname=host) as secured:
        return f"{secured.version()} {(secured.cipher() or ('unknown',))[0]}"
