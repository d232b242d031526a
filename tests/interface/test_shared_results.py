"""Results that metrics share: computed once, read-only, bounded, and no part of a copy."""

import pickle

import numpy as np
import pytest

from porenet.interface import Grid, Volume
from porenet.interface.shared_results import BYTES_PER_VOXEL, SMALLEST_BYTES, SharedResults


@pytest.fixture
def volume():
    return Volume(np.zeros((2, 3, 4), np.uint8), Grid(("a", "b"), (1.0, 1.0, 1.0)))


def test_computed_once_for_each_key(volume):
    calls = []
    for key in ("x", "y", "x"):
        assert volume.remembered(("plugin", key), lambda key=key: calls.append(key) or key) == key
    assert calls == ["x", "y"]


def test_an_error_is_not_remembered(volume):
    with pytest.raises(ZeroDivisionError):
        volume.remembered("x", lambda: 1 / 0)
    assert volume.remembered("x", lambda: 1) == 1


def test_none_is_a_result(volume):
    assert volume.remembered("x", lambda: None) is None
    assert volume.remembered("x", lambda: 1) is None


def test_arrays_are_read_only_wherever_they_are(volume):
    result = volume.remembered("x", lambda: (np.zeros(3), {"a": [np.zeros(2)]}))
    for array in (result[0], result[1]["a"][0]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_the_least_recently_used_goes_first():
    results = SharedResults(SMALLEST_BYTES)  # the bound is that per voxel
    half = BYTES_PER_VOXEL * SMALLEST_BYTES // 2
    calls = []

    def get(key, size):
        return results.get(key, lambda: calls.append(key) or np.empty(size, np.uint8))

    for key, size in (("a", half), ("b", half), ("a", half), ("c", 8), ("a", half), ("b", half)):
        get(key, size)
    assert calls == ["a", "b", "c", "b"]
    get("large", 2 * half + 1)
    get("large", 2 * half + 1)
    assert calls[4:] == ["large", "large"]  # nothing else had to go for what cannot be kept
    get("b", half)
    assert calls[6:] == []


def test_a_copy_starts_anew(volume):
    volume.remembered("x", lambda: np.zeros(10**5))
    assert len(pickle.dumps(volume)) < 1000
    assert pickle.loads(pickle.dumps(volume)).remembered("x", lambda: 1) == 1


def test_a_scalar_of_numpy_is_remembered():
    volume = Volume.from_array(np.eye(3, dtype=int)[None], phases=["pore", "Ni"], voxel_um=0.1)
    assert volume.remembered("sum", lambda: volume.labels.sum()) == 3
    assert volume.remembered("sum", lambda: pytest.fail("it is computed again")) == 3
