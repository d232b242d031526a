"""64 voxels in a word, held against numpy bit by bit."""

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from porenet.flood_fill import bit_words

words = st.integers(0, 2**64 - 1)
lines = arrays(np.uint8, 64, elements=st.integers(0, 3))


@numba.njit
def equal(first, second):
    return bit_words.equal(first.ctypes.data, second.ctypes.data)


@numba.njit
def equal_to(line, value):
    return bit_words.equal_to(line.ctypes.data, value)


@numba.njit
def equal_in(line, mask, value):
    return bit_words.equal_in(line.ctypes.data, mask, value)


@numba.njit
def unpacked(word):
    out = np.full(66, 7, np.uint8)
    bit_words.unpack(out.ctypes.data + 1, word)
    return out


@numba.njit
def spread(value, out):
    bit_words.spread(out.ctypes.data + out.itemsize, value)


@numba.njit
def counted(word):
    return bit_words.count(word), bit_words.lowest(word)


def word_of(bits):
    return sum(1 << i for i, bit in enumerate(bits) if bit)


@given(lines, lines, st.integers(0, 3))
def test_comparisons_are_bits_in_the_order_of_the_voxels(first, second, value):
    assert equal(first, second) == word_of(first == second)
    assert equal_to(first, np.uint8(value)) == word_of(first == value)
    assert equal_in(first, np.uint8(2), np.uint8(value)) == word_of(first & 2 == value)


@given(words)
def test_bits_become_bytes_and_nothing_beside_them_changes(word):
    out = unpacked(np.uint64(word))
    assert out[1:65].tolist() == [word >> i & 1 for i in range(64)]
    assert out[0] == out[65] == 7


@given(words)
def test_counting_bits_is_pythons(word):
    lowest = (word & -word).bit_length() - 1 if word else 64
    assert counted(np.uint64(word)) == (word.bit_count(), lowest)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32])
def test_a_value_is_written_as_often_as_said(dtype):
    out = np.zeros(bit_words.SPREAD + 2, dtype)
    spread(dtype(200), out)
    assert out.tolist() == [0, *[200] * bit_words.SPREAD, 0]


@given(arrays(np.uint8, st.tuples(st.just(1), st.just(1), st.integers(1, 150)), elements=st.integers(0, 1)), st.data())
def test_what_is_not_in_the_array_is_equal_to_nothing(labels, data):
    first = data.draw(st.integers(0, labels.size - 1))
    second = data.draw(st.integers(-1, labels.size - 1))
    flat = labels.reshape(-1)
    pairs = [(first + i, second + i) for i in range(64)]
    inside = [0 <= a < flat.size and 0 <= b < flat.size for a, b in pairs]
    same = [there and flat[a] == flat[b] for (a, b), there in zip(pairs, inside, strict=True)]
    assert bit_words.equal_within(labels, first, second) == word_of(same)
    ones = [a < flat.size and flat[a] == 1 for a, _ in pairs]
    assert bit_words.equal_to_within(labels, first, np.uint8(1)) == word_of(ones)


@pytest.mark.parametrize(
    ("width", "word", "bits"), [(64, 0, 64), (65, 1, 1), (36, 0, 36), (130, 2, 2), (130, 1, 64), (64, 1, 0), (0, 0, 0)]
)
def test_the_last_word_of_a_row_holds_what_is_left(width, word, bits):
    assert bit_words.inside(width, word) == 2**bits - 1
