"""Whom a connection trusts and who it says it is: the TLS context of a target, made once."""

import ssl
from pathlib import Path

from rushproof.errors import TargetError
from rushproof.plan import Transport


class TrustError(TargetError):
    """A file of `target.transport` cannot be used; `field` is its key and `problem` what was found there."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"target.transport.{field}: {problem}")
        self.field, self.problem = field, problem


def context(spec: Transport) -> ssl.SSLContext:
    """Trusts the system's authorities and `spec.ca`, and shows `spec.certificate`; TrustError where a file is not what it should be."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not spec.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    elif system := ssl.get_default_verify_paths().cafile:
        made.load_verify_locations(system)  # read once; the system's directory would be searched again at every handshake
    else:
        made.load_default_certs()
    if spec.ca:
        _pem("ca", spec.ca, b"CERTIFICATE", "certificates to trust")
        try:
            made.load_verify_locations(spec.ca)
        except ssl.SSLError as error:
            raise TrustError("ca", f"{spec.ca}: expected a PEM file of certificates to trust ({error.reason or error})") from None
    if spec.certificate:
        _show(made, spec.certificate, spec.key)
    return made


def _show(made: ssl.SSLContext, certificate: str, key: str | None) -> None:
    field, file = ("key", key) if key else ("certificate", certificate)
    _pem("certificate", certificate, b"CERTIFICATE", "the client's certificate")
    _pem(field, file, b"PRIVATE KEY", "the client's key")
    asked = []

    def password() -> bytes:  # without one, OpenSSL would ask the terminal and wait
        asked.append(True)
        return b""

    try:
        made.load_cert_chain(certificate, key, password)
    except ssl.SSLError as error:
        if asked:
            problem = (
                f"{file}: the key is protected by a password, which nobody can type during a run; write an open copy: openssl pkey -in"
            )
            raise TrustError(field, f"{problem} {Path(file).name} -out open.pem") from None
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TrustError(field, f"{file}: the key does not belong to the certificate {certificate}") from None
        raise TrustError(field, f"{file}: expected a PEM certificate and its key ({error.reason or error})") from None


def _pem(field: str, file: str, kind: bytes, wanted: str) -> None:
    """TrustError where the file is not there, or holds no PEM block of that kind."""
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise TrustError(field, f"{file}: cannot be read ({error.strerror}); expected a PEM file with {wanted}") from None
    if kind + b"-----" not in content:
        found = "this is DER; `openssl … -inform der` converts it" if content[:1] == b"\x30" else "found none"
        raise TrustError(field, f"{file}: expected a PEM file with {wanted} (-----BEGIN {kind.decode()}-----): {found}")
