"""Labels of values, compared with a look at each voxel."""

import numpy as np
import pytest

from porenet.interface.value_labels import COMPARED, NO_PHASE, PIECE, ValueLabels

TYPES = ("u1", "i1", "b1", "<u2", ">u2", "<i2", ">i4", "<i8", "<u8", "<f2", ">f4", "<f8")
MAPPINGS = {
    "the labels": {0: 0, 1: 1, 2: 2},
    "the labels in another order": {2: 0, 0: 1, 1: 2},
    "greys": {0: 2, 127: 1, 255: 0},
    "two values of a phase": {0: 0, 1: 1, 2: 1},
    "out of the range of bytes": {-1: 0, 300: 1, 1: 2},
    "many": {value: value % 5 for value in range(2 * COMPARED)},
    "a phase that is absent": {1: 1},
}


@pytest.mark.parametrize("by_value", MAPPINGS.values(), ids=MAPPINGS)
@pytest.mark.parametrize("dtype", TYPES)
def test_labels_are_those_of_each_value(dtype, by_value):
    rng = np.random.default_rng(0)
    for choices in (list(by_value), [*by_value, 7, 99]):
        values = rng.choice(choices, 500).astype(dtype)  # wraps where the type is too small
        labels = np.array([by_value.get(int(value), NO_PHASE) for value in values], np.uint8)
        out = np.full(500, 123, np.uint8)
        assert ValueLabels.of(np.dtype(dtype), by_value).write(values, out) == (NO_PHASE not in labels)
        np.testing.assert_array_equal(out, labels)


def test_bytes_become_labels_in_their_own_place():
    for by_value in MAPPINGS.values():
        values = np.resize(np.array([value for value in by_value if 0 <= value < 256], np.uint8), PIECE + 7)
        table = np.array([by_value.get(value, NO_PHASE) for value in range(256)], np.uint8)
        expected = table[values]
        assert ValueLabels.of(values.dtype, by_value).write(values, values)
        np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize("value", [0.5, np.nan, np.inf, 2.0**60])
def test_a_number_that_is_no_value_has_no_phase(value):
    values = np.array([0, 1, value], np.float32)
    out = np.zeros(3, np.uint8)
    assert not ValueLabels.of(values.dtype, {0: 0, 1: 1}).write(values, out)
    assert out.tolist() == [0, 1, NO_PHASE]


def test_a_whole_number_that_the_type_rounds_is_not_taken_for_another():
    values = np.array([2.0**24], np.float32)
    assert not ValueLabels.of(values.dtype, {2**24 + 1: 0}).write(values, np.zeros(1, np.uint8))


def test_a_value_without_a_phase_behind_the_first_piece_is_seen():
    values = np.zeros(PIECE + 2, np.uint8)
    values[-1] = 3
    for by_value in ({0: 0, 1: 1}, {0: 1, 1: 0}):
        assert not ValueLabels.of(values.dtype, by_value).write(values, np.zeros_like(values))
