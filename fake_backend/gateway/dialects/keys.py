"""The gateway's own RSA key, made at its first start and kept in its ledger, and those of merchants."""

import base64
import hashlib
import os
from typing import Final

from fake_backend.books import Bookkeeper, Books

SCHEMA: Final = ("CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, pem TEXT NOT NULL)",)
MISSING: Final = "this dialect signs with RSA: pip install 'rushproof[gateway]'"


class Key:
    """A private key; what it signs is RSA-SHA256 in base64."""

    def __init__(self, pem: str) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = serialization.load_pem_private_key(pem.encode(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("expected an RSA key")
        self._key = key
        public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.public = public.decode()
        self.serial = f"PUB_KEY_ID_{int(hashlib.sha256(public).hexdigest()[:12], 16):015d}"

    def sign(self, message: bytes) -> str:
        """The signature of the message."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        return base64.b64encode(self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


class PublicKey:
    """A merchant's key, of a PEM file."""

    def __init__(self, pem: bytes) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = serialization.load_pem_public_key(pem)
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("expected an RSA public key")
        self._key = key

    def signed(self, message: bytes, signature: str) -> bool:
        """Whether the signature is of this message."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        try:
            self._key.verify(base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


def new_pem() -> str:
    """A new private key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


async def kept(books: Bookkeeper) -> Key:
    """The gateway's key: the same one after every start on the same ledger."""

    def work(books: Books) -> str:
        row = books.row("SELECT pem FROM keys WHERE name = 'gateway'")
        if row is None:
            row = (new_pem(),)
            books.run("INSERT INTO keys VALUES ('gateway', ?)", *row)
        return str(row[0])

    return Key(await books.write(work))


def encrypted(key: bytes, plain: bytes, associated: bytes) -> tuple[str, str]:
    """AES-256-GCM: the nonce, and what is encrypted with its tag in base64."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(6).hex()
    return nonce, base64.b64encode(AESGCM(key).encrypt(nonce.encode(), plain, associated)).decode()
