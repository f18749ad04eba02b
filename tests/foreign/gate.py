"""A proxy of theirs that asks for a password: CONNECT to this machine, and nothing else."""

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress

USER, PASSWORD = "load", "canary-of-the-proxy-0815"
_WANTED = b"proxy-authorization: basic " + b64encode(f"{USER}:{PASSWORD}".encode()).lower()


@contextmanager
def gate() -> Iterator[tuple[str, list[int]]]:
    """Its URL with user and password, and the answers it gave."""
    answers: list[int] = []
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:

        def wait() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=[caller, answers], daemon=True).start()

        threading.Thread(target=wait, daemon=True).start()
        yield f"http://{USER}:{PASSWORD}@127.0.0.1:{listener.getsockname()[1]}", answers
        listener.shutdown(socket.SHUT_RDWR)


def serve(caller: socket.socket, answers: list[int]) -> None:
    with caller, suppress(OSError):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += caller.recv(4096) or b"\r\n\r\n"
        allowed = _WANTED in head.lower() and head.startswith(b"CONNECT ")
        answers.append(200 if allowed else 407)
        if not allowed:
            caller.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            return
        port = int(head.split()[1].rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port)) as service:
            caller.sendall(b"HTTP/1.1 200 Connection Established\r\n\r\n")
            back = threading.Thread(target=pass_on, args=[service, caller], daemon=True)
            back.start()
            pass_on(caller, service)
            back.join(10)


def pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
