import msgspec
import pytest

from rushproof.budget import MEASURES, Limit
from rushproof.quantity import Unit, decode, encode


def read(**words):
    return msgspec.convert(words, Limit, dec_hook=decode)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ({"measure": "p99", "step": "reserve", "outcome": "ok", "window": "rush", "at_most": "500ms"}, "p99 reserve ok (rush) ≤ 500ms"),
        ({"measure": "acknowledged", "step": "reserve", "at_least": "99.9%"}, "acknowledged reserve ≥ 99.9%"),
        ({"measure": "p90", "of": "stretch", "step": "visit", "at_most": "2s"}, "p90 of stretch visit ≤ 2s"),
        ({"measure": "good_share", "crowd": "late", "within": "1s", "at_least": "99%"}, "good_share late within 1s ≥ 99%"),
        ({"measure": "count", "outcome": "error", "at_most": "0"}, "count error ≤ 0"),
    ],
)
def test_a_limit_is_called_by_what_it_says(words, name):
    assert read(**words).name == name


def test_the_bound_is_the_side_that_was_given_even_when_it_is_nothing():
    assert read(measure="count", at_most="0").bound.value == 0.0
    assert read(measure="throughput", at_least="2000/s").bound.unit is Unit.RATE


def test_a_limit_is_written_as_it_was_read():
    words = {"measure": "p99", "step": "reserve", "at_most": "500ms"}

    assert msgspec.to_builtins(read(**words), enc_hook=encode) == words


def test_an_unknown_key_is_refused():
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        read(measure="p99", at_mots="500ms")


def test_every_measure_has_a_unit_that_bounds_can_be_written_in():
    assert set(MEASURES.values()) <= set(Unit)
