"""`python -m fake_backend.gateway`: starts the gateway, says where it listens, and ends when told to."""

import argparse
import importlib.util
import logging
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from aiohttp.http_exceptions import HttpProcessingError

from fake_backend.command_line import ask_address
from fake_backend.database import DatabaseError
from fake_backend.database.sqlite import Sqlite
from fake_backend.gateway import tls
from fake_backend.gateway.app import put_together
from fake_backend.gateway.dialects import keys
from fake_backend.gateway.idempotency import WAYS
from fake_backend.gateway.schedules import SCHEDULES
from fake_backend.gateway.settings import Settings
from fake_backend.listening import bound, serve

_DRAIN: Final = 5.0


class Options(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    host: str
    port: int
    database: Path | None
    certificate: Path | None
    key: Path | None
    settings: Settings


def options(arguments: list[str]) -> Options:
    """The command line, read; argparse ends with 2 and one line where it makes no sense."""
    parser = argparse.ArgumentParser(
        "python -m fake_backend.gateway",
        description="A fake payment gateway with the bad habits of real ones; its faults are off until somebody turns them on.",
        epilog="example: python -m fake_backend.gateway --port 8090 --notify-schedule alipay --speed 60",
    )
    ask_address(parser, 8090)
    parser.add_argument("--database", type=Path, help="file of the ledger (default: a temporary one, gone at the end)")
    parser.add_argument("--seed", type=int, default=1, help="whose payers and victims these are (default %(default)s)")
    parser.add_argument(
        "--dialect", choices=("native", "wechat", "alipay"), default="native",
        help="what merchants speak: the gateway's own, WeChat Pay APIv3, or Alipay's open platform (default %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--notify-schedule",
        choices=SCHEDULES,
        help="when notices are sent again, and what is taken (default: wechat; alipay in its dialect)",
    )
    parser.add_argument(
        "--idempotency", choices=WAYS, default="order", help="what the same request gets a second time (default %(default)s)"
    )
    _security(parser)
    read = parser.parse_args(arguments)
    if read.key and not read.certificate:
        parser.error("--key: expected a --certificate as well")
    try:
        merchant = _merchant(read.merchant_key, read.dialect)
    except (OSError, ValueError, ImportError) as problem:
        parser.error(f"--merchant-key, --dialect: {problem}")
    settings = Settings(
        seed=read.seed, schedule=read.notify_schedule or ("alipay" if read.dialect == "alipay" else "wechat"),
        idempotency=read.idempotency, dialect=read.dialect, checks=not read.unsigned, merchant=merchant, speed=read.speed,
        secret=os.environ.get("FAKE_BACKEND_SECRET", "reference"), hosts=tuple(read.hosts),
    )  # fmt: skip
    return Options(read.host, read.port, read.database, read.certificate, read.key, settings)


def _security(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--merchant-key", type=Path, metavar="FILE", help="the merchant's RSA public key; otherwise it is not verified")
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="speak TLS with this certificate (PEM)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the certificate's key, unless it is in the same file")
    parser.add_argument("--unsigned", action="store_true", help="take requests of merchants that are not signed")
    parser.add_argument(
        "--notify-host", action="append", default=[], metavar="HOST", dest="hosts",
        help="send notices there too, again for each; otherwise to this machine only",
    )  # fmt: skip


def _merchant(file: Path | None, dialect: str) -> bytes | None:
    """The merchant's public key, looked at before anything starts."""
    if dialect != "native" and importlib.util.find_spec("cryptography") is None:
        raise ImportError(keys.MISSING)
    if file is None:
        return None
    pem = file.read_bytes()
    keys.PublicKey(pem)
    return pem


async def open_for_business(listening: socket.socket, database: Sqlite, chosen: Options) -> None:
    """Serve until SIGTERM or SIGINT, then answer what is under way and return."""
    gateway, application = await put_together(database, chosen.settings)
    secure = None
    if chosen.certificate is not None:
        secure = tls.context(chosen.certificate, chosen.key, gateway.premises.active)
        gateway.premises.active.tls = True
    await serve(application, listening, _DRAIN, secure)


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 after a drain, 2 if nothing could be started."""
    chosen = options(sys.argv[1:] if arguments is None else arguments)
    # what a client garbles is answered with 400 and is no event of ours
    logging.getLogger("aiohttp.server").addFilter(
        lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
    )
    with tempfile.TemporaryDirectory(prefix="gateway-") as folder:
        try:
            listening = bound(chosen.host, chosen.port)
        except OSError as problem:
            return _refused(f"cannot listen on {chosen.host}:{chosen.port}: {problem.strerror}")
        with listening:
            try:
                database = Sqlite(chosen.database or Path(folder) / "gateway.db")
            except DatabaseError as problem:
                return _refused(str(problem))
            try:
                uvloop.run(open_for_business(listening, database, chosen))
            except OSError as problem:
                return _refused(f"--certificate: {problem}")
            finally:
                database.close()
    return 0


def _refused(sentence: str) -> int:
    print(f"gateway: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
