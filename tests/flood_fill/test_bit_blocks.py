"""8 x 8 x 8 voxels in a block, held against numpy voxel by voxel."""

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from porenet.flood_fill import bit_blocks

blocks = arrays(np.bool_, (8, 8, 8), elements=st.booleans())


@numba.njit(cache=True)
def grown(mask, bits, out):
    bit_blocks.store(
        out.ctypes.data, bit_blocks.grown(bit_blocks.load(mask.ctypes.data), bit_blocks.load(bits.ctypes.data))
    )


@numba.njit(cache=True)
def turned(words, out):
    address, step = out.ctypes.data, 64
    block = bit_blocks.load(words.ctypes.data)
    bit_blocks.store(address, bit_blocks.beside(block))
    bit_blocks.store(address + step, bit_blocks.to_z_before(block))
    bit_blocks.store(address + 2 * step, bit_blocks.to_z_after(block))
    bit_blocks.store(address + 3 * step, bit_blocks.to_y_before(block))
    bit_blocks.store(address + 4 * step, bit_blocks.to_y_after(block))
    bit_blocks.store(address + 5 * step, bit_blocks.to_x_before(block))
    bit_blocks.store(address + 6 * step, bit_blocks.to_x_after(block))
    bit_blocks.store(address + 7 * step, bit_blocks.transposed(block))
    return bit_blocks.some(block)


@numba.njit(cache=True)
def combined(first, second, out):
    a, b = bit_blocks.load(first.ctypes.data), bit_blocks.load(second.ctypes.data)
    bit_blocks.store(out.ctypes.data, bit_blocks.both(a, b))
    bit_blocks.store(out.ctypes.data + 64, bit_blocks.either(a, b))
    bit_blocks.store(out.ctypes.data + 128, bit_blocks.without(a, b))


@numba.njit(cache=True)
def spread(words, out):
    bit_blocks.scatter(out.ctypes.data + 8, 24, bit_blocks.load(words.ctypes.data))
    bit_blocks.store(words.ctypes.data, bit_blocks.gather(out.ctypes.data + 8, 24))


def words_of(voxels):
    return np.packbits(voxels.reshape(8, 64), axis=1, bitorder="little").view(np.uint64).reshape(8)


def voxels_of(words):
    return np.unpackbits(words.view(np.uint8), bitorder="little").reshape(-1, 8, 8, 8).astype(bool)


@given(blocks, blocks)
def test_a_step_reaches_the_neighbours_and_never_leaves_the_component(mask, seeds):
    seeds &= mask
    out = np.empty(8, np.uint64)
    grown(words_of(mask), words_of(seeds), out)
    after = voxels_of(out)[0]
    near = ndimage.binary_dilation(seeds) & mask
    assert np.all(after >= near)
    ids, _ = ndimage.label(mask)
    assert np.all(after <= np.isin(ids, ids[seeds]) * mask)


@given(blocks)
def test_what_is_beside_a_block_and_beyond_its_faces(voxels):
    out = np.empty(64, np.uint64)
    assert turned(words_of(voxels), out) == voxels.any()
    beside, *beyond, across = voxels_of(out)
    shifted = np.zeros_like(voxels)
    for axis in range(3):
        to, of = np.moveaxis(shifted, axis, 0), np.moveaxis(voxels, axis, 0)
        to[1:] |= of[:-1]
        to[:-1] |= of[1:]
        for result, here, there in ((beyond[2 * axis], 0, -1), (beyond[2 * axis + 1], -1, 0)):
            layers = np.moveaxis(result, axis, 0)
            assert np.array_equal(layers[there], of[here])
            assert result.sum() == of[here].sum()
    assert np.array_equal(beside, shifted)
    assert np.array_equal(across, voxels.transpose(1, 0, 2))


@given(blocks, blocks)
def test_sets_of_voxels_are_numpys(first, second):
    out = np.empty(24, np.uint64)
    combined(words_of(first), words_of(second), out)
    for found, expected in zip(voxels_of(out), (first & second, first | second, first & ~second), strict=True):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("seed", range(3))
def test_words_some_bytes_apart(seed):
    words = np.random.default_rng(seed).integers(0, 2**63, 8).astype(np.uint64)
    expected, out = words.copy(), np.zeros(24, np.uint64)
    spread(words, out)
    assert np.array_equal(out[1::3], expected)
    assert np.array_equal(words, expected)
    assert not out[0::3].any()
    assert not out[2::3].any()
