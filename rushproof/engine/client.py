"""Which client speaks to the target: the engine's own, or the slower one for HTTP/2."""

from typing import TYPE_CHECKING, Union

from rushproof.engine.address import Address
from rushproof.engine.opening import Note, Settle
from rushproof.engine.pool import Pool
from rushproof.errors import TargetError
from rushproof.plan import Connections, Transport

if TYPE_CHECKING:
    from rushproof.engine.http2_pool import Http2Pool

Client = Union[Pool, "Http2Pool"]


def client(transport: Transport, spec: Connections, address: Address, settle: Settle, note: Note) -> Client:
    """The crowd's client; TargetError where HTTP/2 is asked for and what speaks it is not installed."""
    if transport.http == "1.1":
        return Pool(spec, address, settle, note)
    try:
        from rushproof.engine.http2_pool import Http2Pool
    except ImportError:
        raise TargetError("target.transport.http: HTTP/2 needs a client of its own: pip install 'rushproof[http2]'") from None
    return Http2Pool(spec, address, settle, note)
