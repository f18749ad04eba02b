"""A target that answers 201 at once, and 400 once it was sent SIGUSR1: `python turning_script.py PORT`."""

import asyncio
import signal
import sys

turned = asyncio.Event()
GOOD = b'HTTP/1.1 201 Created\r\nContent-Length: 15\r\n\r\n{"sequence": 1}'
BAD = b"HTTP/1.1 400 Oh\r\nContent-Length: 0\r\n\r\n"
HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode().lower().split("\r\n")
            length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), 0)
            await reader.readexactly(length)
            writer.write(HEALTHY if b"/health" in head else BAD if turned.is_set() else GOOD)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, turned.set)
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
