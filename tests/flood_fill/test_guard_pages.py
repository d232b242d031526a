"""The kernels of connectivity and counting touch no memory outside their arrays: there, reading is a crash."""

import sys

import pytest
from guarded_memory import run

# Arrays lie at the very end and at the very start of guarded memory.
PROGRAM = """
from porenet.flood_fill import phase_flood, phase_flood_kernels, run_kernels, runs
from porenet.contacts import SuppliedVoxels, Supply, contacts, distant_pairs, euler_numbers, line_runs, triple_lines
from porenet.flood_fill import FACES, components, conversions

runs._THREAD_MIN_VOXELS = 1
rng = np.random.default_rng(0)
if BROKEN:
    array("labels", (4,), np.uint8, True).ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))[4]
for width in (*range(1, 8), *range(60, 69), *range(124, 133), 200):
    for at_the_end in (True, False):
        shape = (*rng.integers(1, 5, 2).tolist(), width)
        labels = array("labels", shape, np.uint8, at_the_end)
        labels[...] = rng.integers(0, 3, shape)
        periodic = tuple(rng.integers(0, 2, 3).astype(bool).tolist())
        for connectivity in (6, 18, 26):
            found = components(labels, connectivity=connectivity, periodic=periodic, threads=3)
            found.sizes, found.touches
            for name, dtype in (("ids", np.uint32), ("bytes", np.uint8)):
                out = array(name, (labels.size,), dtype, at_the_end)
                values = found._runs.sets.astype(dtype)
                run_kernels.write(found._runs.starts, values, out, width, 0, labels.size // width, 0)
                assert np.array_equal(out, found.ids.ravel().astype(dtype))
        joined = array("joined", (2, found._runs.starts.size), np.uint64, at_the_end)
        counted = array("counted", (256,), np.int64, at_the_end)
        counted[...] = 0
        kinds = rng.integers(0, 2, (2, 256)).astype(np.uint64) * np.uint64(2**64 - 1)
        ends = found._runs.starts, found._runs.sets, found.touches
        run_kernels.tally(found._runs.labels, *ends, kinds, counted, joined)
        assert counted.sum() == labels.size
        triple_lines(labels, [(0, 1, 2)], supply=SuppliedVoxels(joined), periodic=periodic)
        flood = phase_flood.Flood(labels, 1, periodic)
        blocks = [array(f"blocks {i}", flood.masks.shape, np.uint64, at_the_end) for i in range(2)]
        words = array("words", flood._rows.shape, np.uint64, at_the_end)
        state = array("state", (flood.masks.size // 8,), np.uint8, at_the_end)
        queue = array("queue", (state.size + 1,), np.uint32, at_the_end)
        words[...] = 0
        phase_flood_kernels.pack(labels, np.uint8(1), words, blocks[0])
        assert np.array_equal(blocks[0], flood.masks)
        blocks[1][...] = 0
        flood.add_layer(blocks[1], flood.masks, FACES[width % 6])
        phase_flood_kernels.flood(blocks[1], blocks[0], state, queue)
        phase_flood_kernels.dilate(blocks[1], flood.box(), blocks[0])
        phase_flood_kernels.unpack(blocks[1], words, array("mask", shape, np.bool_, at_the_end))
        conversions(labels, 1, "y_min", "y_max", periodic=periodic)
        marks = array("marks", shape, np.uint8, at_the_end)
        marks[...] = rng.integers(0, 8, shape)
        for phases in (3, 40):
            supply = Supply(marks, (3, 1, 0) * 14, 4)
            contacts(labels, phases, triples=[(0, 1, 2)], supply=supply, periodic=periodic)
        triple_lines(labels, [(0, 1, 2)], supply=Supply(marks, (3, 1, 0)), periodic=periodic)
        euler_numbers(labels, 3, 26, periodic=periodic)
        for axis in range(3):
            line_runs(labels, 3, axis)
            distant_pairs(labels, 3, axis, (0, 1, 64, 99), periodic=periodic[axis])
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
