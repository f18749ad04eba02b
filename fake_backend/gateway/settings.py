"""How a gateway goes about things, from its start to its end."""

from typing import Final, Literal

import msgspec

from fake_backend.gateway.idempotency import Flavour


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is chosen on the command line."""

    seed: int = 1
    schedule: str = "wechat"
    idempotency: Flavour = "order"
    dialect: Literal["native", "wechat", "alipay"] = "native"
    secret: str = "reference"
    """shared with the merchant; keys what is signed"""
    checks: bool = True
    """whether merchants have to sign"""
    merchant: bytes | None = None
    """the merchant's public key in PEM, for the dialects that sign with RSA; None: signatures are not verified"""
    speed: float = 1.0
    """of a clock that nobody has set"""
    hosts: tuple[str, ...] = ()
    """to which notices may go, beside this machine"""


DEFAULTS: Final = Settings()
