"""The gateway over TLS: with its certificate, or, while a fault is on, with none or with one that has expired."""

import datetime as dt
import ssl
import tempfile
from pathlib import Path
from typing import Any

from fake_backend.gateway.active import Active
from fake_backend.gateway.faults.broken_tls import BrokenTls


def context(certificate: Path, key: Path | None, active: Active) -> ssl.SSLContext:
    """What connections are wrapped in; OSError or ssl.SSLError where the files are no certificate and key."""
    sound = _loaded(certificate, key)
    expired: list[ssl.SSLContext] = []

    def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, given: Any) -> int | None:
        fault = active.named(BrokenTls.name)
        if not isinstance(fault, BrokenTls):
            return None
        if fault.how == "refused":
            return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
        if not expired:
            expired.append(_expired(name or "localhost"))
        connection.context = expired[0]
        return None

    sound.sni_callback = choose
    return sound


def _loaded(certificate: Path, key: Path | None) -> ssl.SSLContext:
    loaded = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    loaded.minimum_version = ssl.TLSVersion.TLSv1_2
    loaded.load_cert_chain(certificate, key)
    return loaded


def _expired(name: str) -> ssl.SSLContext:
    """A context with a certificate of the year 2000."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:64])])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2000, 12, 31, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(made.public_bytes(serialization.Encoding.PEM) + private)
        file.flush()
        return _loaded(Path(file.name), None)
