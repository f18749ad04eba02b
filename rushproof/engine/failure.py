"""Why a connection could not be had, or broke: in words, and whether it is this machine's fault."""

import errno
import resource
import socket
import ssl
from pathlib import Path

_FILES = {errno.EMFILE, errno.ENFILE}
_PORTS = {errno.EADDRNOTAVAIL, errno.EADDRINUSE}
_OWN = _FILES | _PORTS | {errno.ENOBUFS, errno.ENOMEM}
_CA, _NAME = {18, 19, 20, 21}, {62, 64}
"""OpenSSL's codes of a certificate that nobody trusted vouches for, and of one for another name"""


def own(error: Exception) -> bool:
    """Whether the generator's machine failed, and not the target: it ran out of descriptors, ports or memory."""
    return isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno in _OWN


def shortage(error: Exception, host: str, source: str | None) -> str:
    """What this machine has run out of, and what to do."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _FILES:
        return f"this process may have only {resource.getrlimit(resource.RLIMIT_NOFILE)[0]:,} files open; raise `ulimit -n`, or lower `cap`"
    if number in _PORTS and source is not None and not _local(source):
        return f"{source} of `connections.sources` is no address of this machine"
    if number in _PORTS:
        return (
            f"this machine ran out of local ports to {host} ({_ports():,} a source address); give `connections.sources` more addresses, "
            "or keep connections"
        )
    return "this machine has no memory left for connections"


def reason(error: BaseException | None) -> str:
    """What went wrong at the target or on the way to it, and which setting of `target.transport` it may be."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}{_hint(error.verify_code)}"
    if isinstance(error, ssl.SSLError):
        return _alert((error.reason or str(error)).lower().replace("_", " "))
    if isinstance(error, TimeoutError):
        return "no connection in time"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: nobody listens there"
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower() if error.errno else str(error)
    return str(error) if error is not None else "the target ended the connection without an answer"


def refused_certificate(error: BaseException | None) -> bool:
    """Whether the other end would not go on for the client's certificate, of which TLS 1.3 tells only after the first request was sent."""
    said = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    return "ALERT" in said and any(word in said for word in ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"))


def _hint(code: int) -> str:
    if code in _CA:
        return " (give target.transport.ca)"
    return " (give target.transport.sni, the name that is in the certificate)" if code in _NAME else ""


def _alert(said: str) -> str:
    if "alert" in said and ("certificate" in said or "unknown ca" in said or "access denied" in said):
        return f"TLS: {said}: the target wants a client certificate that it knows (give target.transport.certificate)"
    if "wrong version number" in said or "record layer failure" in said:
        return f"TLS: {said}: does it speak TLS on this port?"
    if "no application protocol" in said:
        return "the target does not speak HTTP/2 over TLS (ALPN): take `http: 2` out of target.transport"
    return f"TLS: {said}"


def _local(source: str) -> bool:
    """Whether this machine has the address, asked without taking a port of it."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((source, 0))
    except OSError:
        return False
    return True


def _ports() -> int:
    """Local ports that the kernel hands out, for each source address."""
    try:
        first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    except (OSError, ValueError):
        return 28_232  # Linux's own default
    return int(last) - int(first) + 1
