"""The kernels of a lead touch no memory outside their arrays: there, reading is a crash."""

import sys

import pytest
from guarded_memory import run

PROGRAM = """
from porenet.passage import margin_kernels

rng = np.random.default_rng(0)
for voxels in (1, 2, 7, 33, 1023, 1024, 1025, 2050):
    for phases in (2, 3, 5):
        for at_the_end in (True, False):
            fields = array("field", (2, phases, voxels), np.float32, at_the_end)
            margin, gradient = (array(name, (2, voxels), np.float32, at_the_end) for name in ("margin", "gradient"))
            back = array("back", fields.shape, np.float32, at_the_end)
            fields[...], gradient[...] = rng.integers(0, 3, fields.shape), rng.random(gradient.shape)
            for channel in range(phases):
                margin_kernels.lead(fields, channel, 0, 2, margin)
                margin_kernels.send_back(fields, gradient, channel, 0, 2, back)
                assert np.allclose(margin, fields[:, channel] - np.delete(fields, channel, 1).max(axis=1))
                assert np.allclose(back.sum(axis=1), 0, atol=1e-5)
print("nothing outside was touched")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is guarded by Linux calls")
def test_nothing_outside_the_arrays_is_read_or_written():
    done = run(PROGRAM)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "nothing outside was touched\n"
