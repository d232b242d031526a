"""The kernels of conduction touch no memory outside their arrays: there, reading is a crash."""

import sys

import pytest
from guarded_memory import run

PROGRAM = """
from porenet_transport.solver import multigrid, samples

def at_an_edge(make):
    def guarded_like(shape, dtype=np.float64):
        size = np.prod(shape) * np.dtype(dtype).itemsize
        field = array(("field", len(used)), shape, dtype, at_the_end) if size <= ROOM else make(shape, dtype)
        used.append(shape)
        field[...] = 0
        return field
    return guarded_like

class Guarded:
    def __getattr__(self, name):
        return at_an_edge(getattr(np, name)) if name in ("zeros", "empty") else getattr(np, name)

samples.np = multigrid.np = Guarded()
rng, used = np.random.default_rng(0), []
if BROKEN:
    array("cells", (4,), np.float32, True).ctypes.data_as(ctypes.POINTER(ctypes.c_float))[4]
for shape in ((1, 1, 1), (2, 1, 3), (1, 5, 2), (7, 3, 6), (4, 9, 17), (13, 12, 11)):
    for at_the_end in (True, False):
        for wraps in ((False, False), (True, False), (False, True), (True, True)):
            used.clear()
            cells, derivatives = (array(name, (2, *shape), np.float32, at_the_end) for name in ("cells", "slopes"))
            cells[...] = rng.choice([1, 1e-3, 1e-6], cells.shape)
            values = array("values", (2,), np.float32, at_the_end)
            samples.conduct_samples(cells, range(2), (0.1, 0.3, 0.2), wraps, (1e-7, 50), values, derivatives)
            assert np.isfinite(derivatives).all() and (values > 0).all() and len(used) > 6
print("nothing outside was touched")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is guarded by Linux calls")
def test_nothing_outside_the_arrays_is_read_or_written():
    done = run(f"BROKEN = False\n{PROGRAM}")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "nothing outside was touched\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is guarded by Linux calls")
def test_a_read_outside_would_be_noticed():
    assert run(f"BROKEN = True\n{PROGRAM}").returncode < 0
