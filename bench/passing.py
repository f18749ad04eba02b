"""What is sent through the fault proxy where wrk cannot say it: a fast stream, and one small request at a time (`python -m bench.passing`).

`stream SECONDS LISTEN-PORT TO-PORT` sends to one port what it takes in at the other, and prints bytes a second of the last two thirds.
`ping COUNT PORT PORT` asks both ports in turn, and prints the median answer time of each, seconds.
"""

import json
import socket
import statistics
import sys
import threading
import time

_PIECE = 1 << 20
_REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n"
_PAUSE = 0.0005
"""seconds between two requests: neither a queue nor a core that fell asleep"""


def stream(seconds: float, listen: int, to: int) -> float:
    """Bytes a second that arrive."""
    taken, begun = [], time.perf_counter()

    def take() -> None:
        connection, _ = server.accept()
        buffer = memoryview(bytearray(_PIECE))
        with connection:
            while length := connection.recv_into(buffer):
                taken.append((time.perf_counter() - begun, length))

    with socket.create_server(("127.0.0.1", listen)) as server:
        taking = threading.Thread(target=take)
        taking.start()
        with socket.create_connection(("127.0.0.1", to)) as wire:
            piece = bytes(_PIECE)
            while time.perf_counter() - begun < seconds:
                wire.sendall(piece)
        taking.join(30.0)
    return sum(length for at, length in taken if seconds / 3 < at <= seconds) / (seconds * 2 / 3)


def ping(count: int, *ports: int) -> list[float]:
    """The median answer time of each port, asked in turn."""
    wires = [socket.create_connection(("127.0.0.1", port)) for port in ports]
    times: list[list[float]] = [[] for _ in ports]
    for wire in wires:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for nth in range(count * len(ports)):
        time.sleep(_PAUSE)
        begun = time.perf_counter()
        wires[nth % len(ports)].sendall(_REQUEST)
        wires[nth % len(ports)].recv(65536)
        times[nth % len(ports)].append(time.perf_counter() - begun)
    return [statistics.median(each) for each in times]


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    if what == "stream":
        print(json.dumps(stream(float(numbers[0]), *map(int, numbers[1:]))))
    else:
        print(json.dumps(ping(*map(int, numbers))))
