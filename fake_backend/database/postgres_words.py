"""What PostgreSQL is told differently from SQLite, and what it answers differently: placeholders, truth values, numbers."""

import re
from collections.abc import Callable, Generator
from decimal import Decimal
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.types.bool import BoolDumper
from psycopg.types.numeric import Int2Dumper
from psycopg.waiting import Ready

_PART = re.compile(r"'(?:[^']|'')*'|[?%]")


class Connection(psycopg.Connection[Any]):
    """A connection that waits for an answer only as long as there is hope: `hopeless` is asked ten times a second while it waits."""

    hopeless: Callable[[], bool] = staticmethod(lambda: False)

    def wait(self, gen: Generator[Any, Any, Any], *how: Any, **more: Any) -> Any:
        """What psycopg waits for, unless hope is lost."""
        return super().wait(self._hoping(gen), *how, **more)

    def _hoping(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready == Ready.NONE and self.hopeless():
                    raise psycopg.OperationalError("the server does not answer")
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value


class _Truth(BoolDumper):
    """A truth value as the number that columns of both databases hold it in."""

    oid = Int2Dumper.oid

    def dump(self, obj: bool) -> Buffer | None:
        return b"1" if obj else b"0"


class _Number(Loader):
    """A sum or a mean as Python's own number."""

    def load(self, data: Buffer) -> int | float:
        number = Decimal(bytes(data).decode())
        return int(number) if number == number.to_integral_value() else float(number)


@lru_cache(4096)
def native(sql: str) -> str:
    """The statement with psycopg's placeholders instead of question marks."""
    return _PART.sub(lambda part: "%s" if part[0] == "?" else part[0].replace("%", "%%"), sql)


def connected(dsn: str) -> Connection:
    """A connection whose every statement is its own transaction unless one was begun, and that is noticed when it is dead."""
    connection = Connection.connect(
        dsn, autocommit=True, connect_timeout=2, tcp_user_timeout=5000, application_name="fake_backend",
        options="-c synchronous_commit=on -c jit=off -c idle_in_transaction_session_timeout=5s",
    )  # fmt: skip
    connection.adapters.register_dumper(bool, _Truth)
    connection.adapters.register_loader("numeric", _Number)
    return connection


def cut(problem: Exception) -> bool:
    """Whether the failure is of the database or the way to it, and not of a statement."""
    return isinstance(problem, (psycopg.OperationalError, psycopg.InterfaceError))
