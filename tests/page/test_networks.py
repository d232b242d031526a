"""What the picture says of each voxel's network, against scipy's labels and against the metrics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import porenet
from porenet.config import GridFile
from porenet.interface import FACES, Grid, Volume
from porenet.page.networks import SPANNING, SUPPLIED, UNKNOWN, networks, wraps_of
from porenet.page.supply import supply_of
from porenet.testing import volumes

PHASES = ("Ni", "YSZ", "pore")


@given(
    st.tuples(*[st.integers(1, 6)] * 3),
    st.integers(0, 10**6),
    st.dictionaries(st.sampled_from(PHASES), st.sampled_from(FACES)),
)
def test_bits_of_an_open_volume_as_scipy_labels_it(shape, seed, reservoirs):
    labels = np.random.default_rng(seed).integers(0, 3, shape).astype(np.uint8)
    bits = networks(Volume(labels, Grid(PHASES, (1, 1, 1))), reservoirs)
    used = {face[0] for face in reservoirs.values()} or {"z"}
    expected = np.zeros(shape, np.uint8)
    for label, phase in enumerate(PHASES):
        found, count = ndimage.label(labels == label)
        for number in range(1, count + 1):
            body = found == number
            touched = {
                face for face in FACES if np.take(body, 0 if face.endswith("min") else -1, "zyx".index(face[0])).any()
            }
            supplied, spanning = reservoirs.get(phase) in touched, {"z_min", "z_max"} <= touched
            outward = any(face[0] not in used for face in touched)
            unknown = outward and not (supplied if phase in reservoirs else spanning)
            expected[body] = SUPPLIED * supplied + SPANNING * spanning + UNKNOWN * unknown
    assert np.array_equal(bits, expected)


@given(volumes())
def test_spanning_voxels_are_those_of_connectivity(volume):
    bits = networks(volume, {})
    for phase, value in porenet.create_metric("connectivity")(volume).items():
        if phase in volume.grid.phases and volume.mask(phase).any() and len(volume.labels) > 1:
            assert ((bits & SPANNING) != 0)[volume.mask(phase)].mean() == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("reservoirs", "phase", "wraps"),
    [
        ({"Ni": "z_min", "YSZ": "z_max", "pore": "z_min"}, "pore", [False, True, True]),
        ({"Ni": "z_min", "YSZ": "z_max", "pore": "x_min"}, "YSZ", [False, True, False]),
        # Of a fourth phase that is fed elsewhere the metric tpb knows nothing; its own network ends there.
        ({"Ni": "z_min", "YSZ": "z_max", "pore": "z_min", "water": "y_min"}, "pore", [False, True, True]),
        ({"Ni": "z_min", "YSZ": "z_max", "pore": "z_min", "water": "y_min"}, "water", [False, False, True]),
        ({"Ni": "x_min"}, "Ni", [True, True, False]),
    ],
)
def test_networks_wrap_where_the_grid_does_but_along_the_axes_of_supply(reservoirs, phase, wraps):
    grid = Grid((*PHASES, "water"), (1, 1, 1), (True, True, True))
    supply = supply_of(GridFile(grid, {}, reservoirs), PHASES, {})
    assert wraps_of(grid, supply, phase) == wraps
    assert wraps_of(Grid((*PHASES, "water"), (1, 1, 1)), supply, phase) == [False] * 3


def test_a_wrap_joins_the_sides_and_not_the_reservoir():
    labels = np.array([[[0, 1, 0]], [[1, 1, 1]], [[0, 1, 1]]], np.uint8)
    faces = {"a": "z_min"}
    grid = [Grid(("a", "b"), (1, 1, 1), periodic) for periodic in ((False,) * 3, (True,) * 3)]
    open_bits, wrapped_bits = (networks(Volume(labels, one), faces) for one in grid)
    assert open_bits[2, 0, 0] == UNKNOWN
    assert wrapped_bits[2, 0, 0] == 0  # z is open, for it is the axis of supply; there are no sides
    assert open_bits[0, 0, 0] == wrapped_bits[0, 0, 0] == SUPPLIED
