import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushproof.wire import Message, Unpacker, number, pack, read_number

MESSAGES = st.lists(st.tuples(st.sampled_from(Message), st.binary(max_size=300)), max_size=20)


@given(MESSAGES, st.data())
def test_messages_arrive_whole_and_in_order_however_the_stream_is_cut(messages, data):
    stream = b"".join(pack(kind, payload) for kind, payload in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    unpacker, found = Unpacker(), []

    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += unpacker.feed(stream[begin:end])

    assert found == messages


def test_a_message_that_is_not_complete_is_kept_for_later():
    stream = pack(Message.FRAME, b"abc")
    unpacker = Unpacker()

    assert unpacker.feed(stream[:-1]) == []
    assert unpacker.feed(stream[-1:]) == [(Message.FRAME, b"abc")]


@given(st.floats(allow_nan=False))
def test_a_number_comes_back_to_the_last_bit(value):
    assert read_number(number(value)) == value


def test_a_kind_that_nobody_knows_is_an_error_not_a_guess():
    with pytest.raises(ValueError, match="99"):
        Unpacker().feed(b"\x00\x00\x00\x00\x63")
