"""What is signed is believed, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_backend.signature import fault, signature, signed

NOW = 1_648_803_600.0


@given(st.binary(max_size=200), st.text(min_size=1, max_size=20))
def test_what_was_signed_with_the_secret_is_believed(body: bytes, secret: str) -> None:
    assert fault("Gateway", secret, body, signed("Gateway", secret, body, NOW), NOW + 3) is None


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_another_body_is_not(body: bytes, other: bytes) -> None:
    found = fault("Gateway", "s", other, signed("Gateway", "s", body, NOW), NOW)
    assert found == (None if body == other else "bad_signature")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"Gateway-Signature": ""}, "unsigned"),
        ({"Gateway-Nonce": ""}, "unsigned"),
        ({"Gateway-Timestamp": "soon"}, "unsigned"),
        ({"Gateway-Timestamp": "-1"}, "unsigned"),
        ({"Gateway-Timestamp": "٣"}, "unsigned"),
        ({"Gateway-Serial": "2"}, "unknown_serial"),
        ({"Gateway-Nonce": "another"}, "bad_signature"),
        ({"Gateway-Timestamp": str(int(NOW) + 1)}, "bad_signature"),
        ({"Gateway-Signature": "\udcff"}, "bad_signature"),
        ({"Gateway-Signature": "é" * 64}, "bad_signature"),
    ],
)
def test_each_part_is_looked_at(change: dict[str, str], expected: str) -> None:
    assert fault("Gateway", "s", b"{}", {**signed("Gateway", "s", b"{}", NOW), **change}, NOW) == expected


@pytest.mark.parametrize(("later", "expected"), [(300, None), (301, "too_old"), (-301, "too_old")])
def test_a_message_ages(later: float, expected: str | None) -> None:
    assert fault("Gateway", "s", b"{}", signed("Gateway", "s", b"{}", NOW), NOW + later) == expected


def test_the_formula_is_the_documented_one() -> None:
    assert signature("secret", "1648803600", "n1", b"{}") == "3054d64afe0913d264b599953a714f9d63305d06892665022d0597088ca6e2b2"
