"""The kernels of Gaussians touch no memory outside their arrays: there, reading is a crash."""

import sys

import pytest
from guarded_memory import run

PROGRAM = """
from porenet_estimators import gaussian_kernels
from porenet_estimators.gaussian import BoxFilter

rng = np.random.default_rng(0)
settings = np.ones(3, np.float32), np.array([0, 1e-5], np.float32), np.float32(1)
none = np.zeros((1, 0, 0, 0, 0), np.float32)
if BROKEN:
    array("fields", (4,), np.float32, True).ctypes.data_as(ctypes.POINTER(ctypes.c_float))[4]
for width in (1, 2, 7, 31, 32, 33, 65):
    for at_the_end in (True, False):
        for _ in range(3):
            shape = (*rng.integers(1, 9, 2).tolist(), width)
            periodic, widths = rng.integers(0, 2, 3).astype(bool).tolist(), rng.choice([0.1, 1.0, 3.0], 3).tolist()
            box = BoxFilter(shape, periodic, widths)
            filters = [array(("filters", i), part.shape, np.float32, at_the_end) for i, part in enumerate(box.passes)]
            for to, part in zip(filters, box.passes):
                to[...] = part
            names = "fields", "slopes", "given", "of_given"
            fields, slopes, given, of_given = (array(name, (1, 3, *shape), np.float32, at_the_end) for name in names)
            fields[...], given[...] = rng.random((2, *fields.shape))
            place = box.layers(0, shape[0]), -1, shape[1:], box.wraps, tuple(filters)
            for adjoint in (False, True):
                gaussian_kernels.smooth(fields[0], 0, 3, *place, adjoint, slopes[0])
            sums = np.zeros((1, 1))
            lines = np.array([[12, 13, 14]])
            gaussian_kernels.read(fields, given, 0, 1, *place, lines, *settings, sums, False, slopes, of_given)
            lengths = fields.reshape(3, 1, *shape), slopes.reshape(3, 1, *shape)
            gaussian_kernels.read(
                lengths[0], none, 0, 3, *place, lines[:0], *settings, np.zeros((3, 1)), False, lengths[1], none
            )
            assert np.isfinite(slopes).all() and np.isfinite(sums).all()
            layers, first = box.layers(shape[0] - 1, shape[0]), shape[0] - 1
            rows = shape[1] + 2 * (filters[2].shape[1] - 1)
            bricks = array("bricks", (1, 1, len(layers), rows, filters[5].shape[1]), np.float32, at_the_end)
            bricks[...] = rng.random(bricks.shape)
            place = layers, first, shape[1:], box.wraps, tuple(filters)
            gaussian_kernels.read(
                bricks, none, 0, 1, *place, lines[:0], *settings[:2], np.float32(0), np.zeros((1, 2)), False, none, none
            )
            gaussian_kernels.smooth(bricks[0], 0, 1, *place, False, slopes[0, :1, :1])
print("nothing outside was touched")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is guarded by Linux calls")
def test_nothing_outside_the_arrays_is_read_or_written():
    done = run(f"BROKEN = False\n{PROGRAM}")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "nothing outside was touched\n"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is guarded by Linux calls")
def test_a_read_outside_would_be_noticed():
    assert run(f"BROKEN = True\n{PROGRAM}").returncode < 0
