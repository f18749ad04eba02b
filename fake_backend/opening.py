"""Which database and which cache a command line means, and opening them."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fake_backend.cache import Cache, Memory
from fake_backend.database import Database, DatabaseError
from fake_backend.database.sqlite import Sqlite
from fake_backend.embedded import embedded_postgres, embedded_valkey
from fake_backend.facts import ClockSetting
from fake_backend.valkey_cache import Valkey

if TYPE_CHECKING:
    from fake_backend.database.postgres import Postgres

EMBEDDED_POSTGRES, EMBEDDED_VALKEY = "embedded-postgres", "embedded-valkey"
_POSTGRES: Final = ("postgres://", "postgresql://")
_VALKEY: Final = ("valkey://", "redis://", "unix://")


def begun(database: str, cache: str, scratch: Path, ended: ExitStack) -> tuple[str, str]:
    """What is to be started by itself is started, until `ended`; where database and cache are then."""
    kind, _, folder = database.partition(":")
    if kind == EMBEDDED_POSTGRES:
        database = ended.enter_context(embedded_postgres(Path(folder) if folder else scratch / "postgres"))
    if cache == EMBEDDED_VALKEY:
        cache = ended.enter_context(embedded_valkey(scratch / "valkey"))
    return database or str(scratch / "ledger.db"), cache


def shared(database: str) -> bool:
    """Whether several processes can have the database."""
    return database.startswith((*_POSTGRES, EMBEDDED_POSTGRES))


def opened(database: str) -> Database:
    """The database; DatabaseError with a sentence for whoever started the server."""
    return _postgres()(database) if shared(database) else Sqlite(Path(database))


def first_clock(database: str, setting: ClockSetting) -> None:
    """Set the clock of a shared database, unless it ever was: before several processes could each set one of their own."""
    kept = _postgres()(database, stands=False)
    kept.first_clock(setting)
    kept.close()


def _postgres() -> "type[Postgres]":
    try:
        from fake_backend.database.postgres import Postgres
    except ImportError:
        raise DatabaseError("PostgreSQL needs packages that are not installed: pip install 'rushproof[postgres]'") from None
    return Postgres


def cache_of(url: str, run: str) -> Cache:
    """The cache; what another run put into it is not seen."""
    if not url:
        return Memory()
    if not url.startswith(_VALKEY):
        raise DatabaseError(f"--cache: expected {EMBEDDED_VALKEY} or a URL that begins with {', '.join(_VALKEY)}, found {url!r}")
    return Valkey(url, f"fake_backend:{run}:")
