"""Tortuosity factor, relative diffusivity and formation factor of each phase."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_transport.metrics.tortuosity import tortuosity
from scipy import ndimage

from porenet.errors import ConfigError
from porenet.interface import AXES, Grid, Undefined, Volume, one_layer
from porenet.registry.schema import validated
from porenet.testing import grids, volumes

PHASES = ("solid", "pore")
NO_PATH = "no path through the phase joins"


def volume_of(mask, edges=(1, 1, 1), *, periodic=(False, False, False)):
    """Pore where the mask is."""
    return Volume(np.asarray(mask).astype(np.uint8), Grid(PHASES, edges, periodic))


def values(volume, phase="pore", **params):
    """Tortuosity factor, relative diffusivity, formation factor."""
    found = tortuosity(volume, **params)
    return tuple(found[f"{phase}.{name}"] for name in ("tortuosity_factor", "relative_diffusivity", "formation_factor"))


def reasons(volume, **params):
    """What is undefined, by key, and why."""
    return {key: value.reason for key, value in tortuosity(volume, **params).items() if isinstance(value, Undefined)}


def blobs(shape, share, *, seed=0, sigma=2.0):
    """A random mask of rounded features."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), sigma, mode="wrap")
    return noise > np.quantile(noise, 1 - share)


def test_straight_channels_have_tau_1():
    mask = np.zeros((5, 4, 6), bool)
    mask[:, 1, 2:4] = mask[:, 3, 5] = True
    assert values(volume_of(mask)) == pytest.approx((1, 3 / 24, 24 / 3), rel=1e-9)
    assert values(volume_of(mask, (0.1, 0.3, 2)), "solid") == pytest.approx((1, 21 / 24, 24 / 21), rel=1e-9)


def test_isolated_parts_count_in_the_fraction_alone():
    mask = np.zeros((5, 4, 6), bool)
    mask[:, 0, 0] = True
    mask[2, 2, 2:5] = mask[0, 3, 3] = True  # an island, and a bay of one face
    assert values(volume_of(mask)) == pytest.approx((9 / 5, 5 / 120, 120 / 5), rel=1e-9)


@pytest.mark.parametrize("layers", [2, 3, 8])
def test_where_the_boundary_lies(layers):
    channel = np.zeros((layers, 2, 2), bool)
    channel[:, 0, 0] = True
    face, cell = (values(volume_of(channel), boundary=name)[0] for name in ("face", "cell"))
    assert face == pytest.approx(1, rel=1e-9)
    assert cell == pytest.approx((layers - 1) / layers, rel=1e-9)


@pytest.mark.parametrize("edges", [(1, 1, 1), (2, 1, 1), (0.5, 3, 0.1)])
def test_a_bend_by_hand(edges):
    # One voxel wide: half a voxel and one step along z, one along y, one step and half a voxel along z.
    z, y, x = edges
    mask = np.zeros((3, 2, 2), bool)
    mask[:2, 0, 0] = mask[1:, 1, 0] = True
    resistance = 3 * z / (y * x) + y / (z * x)
    diffusivity = 3 * z / (2 * y * 2 * x * resistance)
    expected = (4 / 12 / diffusivity, diffusivity, 1 / diffusivity)
    assert values(volume_of(mask, edges), tolerance=1e-6) == pytest.approx(expected, rel=1e-5)


def test_a_plate_with_an_offset_slot_by_hand():
    # z and x in the plane, 2 wide; layer 1 is open at x = 0 only. By symmetry of the unit conductances the two ends are
    # each: x = 0 joins the bath by 2; x = 1 joins it by 2 and its neighbour by 1, hence 2 / 3. Between them two steps.
    mask = np.ones((3, 1, 2), bool)
    mask[1, 0, 1] = False
    conductance = 1 / (2 / (2 + 2 / 3) + 2)
    expected = conductance * 3 / 2
    assert values(volume_of(mask), tolerance=1e-6)[1] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("axis", AXES)
def test_absent_and_severed_phases(axis):
    mask = np.ones((4, 4, 4), bool)
    cut = [slice(None)] * 3
    cut[AXES.index(axis)] = 2
    mask[tuple(cut)] = False
    severed = volume_of(mask)
    assert values(severed, axis=axis)[1] == 0.0
    why = f"{NO_PATH} {axis}_min and {axis}_max"
    names = ("tortuosity_factor", "formation_factor")
    assert reasons(severed, axis=axis) == {f"{phase}.{name}": why for phase in PHASES for name in names}
    absent = volume_of(np.ones((4, 4, 4)))
    assert reasons(absent, axis=axis) == {f"solid.{name}": "phase absent" for name in names}
    assert values(absent, "solid", axis=axis)[1] == 0.0
    assert values(absent, axis=axis) == pytest.approx((1, 1, 1), rel=1e-9)


def test_a_checkerboard_conducts_nothing():
    board = np.indices((4, 4, 4)).sum(axis=0) % 2
    assert len(reasons(volume_of(board))) == 4
    assert values(volume_of(board))[1] == values(volume_of(board), "solid")[1] == 0.0


def test_a_single_layer():
    layer = np.array([[[1, 0, 1]]])
    for boundary in ("face", "cell"):
        why = reasons(volume_of(layer), boundary=boundary)
        assert len(why) == 6
        assert set(why.values()) == {"one voxel thick along z"}
    assert values(volume_of(layer), boundary="cell", axis="x")[1] == 0.0


def test_a_channel_that_crosses_a_periodic_side():
    # Two steps along z at y = 0, then through the side to y = 2, and on.
    mask = np.zeros((4, 3, 2), bool)
    mask[:2, 0, 0] = mask[1:, 2, 0] = True
    assert values(volume_of(mask))[1] == 0.0
    wrapped = volume_of(mask, (1, 2, 1), periodic=(False, True, False))
    resistance = 4 * 1 / (2 * 1) + 2 / (1 * 1)
    assert values(wrapped, tolerance=1e-6)[1] == pytest.approx(4 / (3 * 2 * 2 * resistance), rel=1e-5)


def test_the_driven_axis_is_open_even_if_periodic():
    volume = volume_of(blobs((12, 10, 11), 0.5))
    for axis, periodic in zip(AXES, np.eye(3, dtype=bool).tolist(), strict=True):
        wrapped = volume_of(volume.labels, periodic=tuple(periodic))
        assert tortuosity(wrapped, axis=axis) == tortuosity(volume, axis=axis)


def test_a_solver_that_gives_up_is_undefined(monkeypatch):
    from porenet_transport.metrics import tortuosity as module

    conduct = module.conduct
    monkeypatch.setattr(module, "conduct", lambda *args, **options: conduct(*args, **options, max_steps=1))
    found = reasons(volume_of(blobs((20, 20, 20), 0.4)))
    assert len(found) == 6
    assert all(why.startswith("the solver gave up after 1 steps, at an estimated error of ") for why in found.values())


@given(grids(PHASES).flatmap(volumes), st.sampled_from(AXES))
def test_bounds(volume, axis):
    for phase in PHASES:
        tau, diffusivity, formation = values(volume, phase, axis=axis)
        if thin := one_layer(volume, (axis,)):
            assert (tau, diffusivity, formation) == (thin,) * 3
            continue
        fraction = np.mean(volume.mask(phase))
        assert 0 <= diffusivity <= fraction * (1 + 1e-9)
        if diffusivity == 0:
            assert isinstance(tau, Undefined)
            assert isinstance(formation, Undefined)
        else:
            assert tau >= 1 - 1e-9
            assert tau * diffusivity == pytest.approx(fraction)
            assert formation * diffusivity == pytest.approx(1)


@given(
    st.integers(0, 2**31 - 1),
    st.sampled_from([0.4, 0.6]),
    st.sampled_from(["face", "cell"]),
    st.sampled_from([(1, 1, 1), (0.5, 1, 2)]),
    st.tuples(*[st.booleans()] * 3),
)
def test_turned_and_scaled_volumes(seed, share, boundary, edges, periodic):
    mask = blobs((9, 8, 7), share, seed=seed, sigma=1.0)
    options = {"boundary": boundary, "tolerance": 1e-6}
    expected = values(volume_of(mask, edges, periodic=periodic), **options)[1]

    def same(other, edges=edges, periodic=periodic, axis="z"):
        found = values(volume_of(other, edges, periodic=periodic), axis=axis, **options)[1]
        assert found == pytest.approx(expected, rel=1e-5)

    same(mask[::-1])  # the other way round
    same(mask[:, ::-1, ::-1])
    same(mask, tuple(3.7 * edge for edge in edges))
    for order in itertools.permutations(range(3)):
        turned = (tuple(one[i] for i in order) for one in (edges, periodic))
        same(mask.transpose(order), *turned, axis=AXES[order.index(0)])
    if periodic[1]:
        same(np.roll(mask, 3, axis=1))


@given(st.integers(0, 2**31 - 1))
def test_more_of_a_phase_never_conducts_less(seed):
    mask = blobs((10, 9, 8), 0.4, seed=seed, sigma=1.0)
    more = mask | (np.random.default_rng(seed).random(mask.shape) < 0.2)
    less, greater = (values(volume_of(one), tolerance=1e-6)[1] for one in (mask, more))
    assert greater >= less * (1 - 2e-6)


def test_a_stricter_tolerance_comes_down_to_the_exact_value():
    volume = volume_of(blobs((32, 30, 28), 0.35))
    loose, middle, strict = (values(volume, tolerance=tolerance)[1] for tolerance in (0.05, 1e-3, 1e-6))
    assert strict < middle < loose
    assert middle == pytest.approx(strict, rel=2e-3)
    assert loose == pytest.approx(strict, rel=0.1)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"axis": "w"}, "must be 'z', 'y', 'x' or 'all'"),
        ({"boundary": "centre"}, "must be 'face' or 'cell'"),
        ({"tolerance": 0}, "greater than or equal to"),
        ({"tolerance": 0.5}, "less than or equal to 0.1"),
        ({"tolerence": 1e-3}, "did you mean"),
    ],
)
def test_bad_parameters(params, message):
    with pytest.raises(ConfigError, match=message):
        validated(tortuosity, "metric", params, path="tortuosity")


SOFC = {
    "z": (3.819573, 9.747934, 7.760651),
    "y": (5.105171, 9.808754, 8.343286),
    "x": (5.436397, 9.474394, 9.205392),
}
"""Tortuosity factors of the three phases by an independent solver, to 1e-4."""


@pytest.mark.parametrize("axis", AXES)
def test_a_real_electrode(electrode, axis):
    found = tortuosity(Volume(electrode, Grid(("0", "1", "2"), (1, 1, 1))), axis=axis)
    assert tuple(found[f"{phase}.tortuosity_factor"] for phase in "012") == pytest.approx(SOFC[axis], rel=1.2e-3)


def check_reference(real, axis):
    """All phases of a volume for which there is an independent value."""
    labels = real.labels
    phases = tuple(map(str, range(labels.max() + 1)))
    found = tortuosity(Volume(labels, Grid(phases, (1, 1, 1))), axis=axis)
    checked = 0
    for phase in phases:
        if expected := real.reference["transport"].get(f"phase{phase}_axis{AXES.index(axis)}"):
            checked += 1
            values = found[f"{phase}.tortuosity_factor"], found[f"{phase}.relative_diffusivity"]
            assert values == pytest.approx((expected["tortuosity_factor"], expected["rel_diffusivity"]), rel=1.2e-3)
    assert checked


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["sofc_superres_62", "imagerep_seg_stack_100", "openimpala_2phase_100"])
def test_real_volumes(real_volume, name, axis):
    check_reference(real_volume(name), axis)


@pytest.mark.slow
def test_the_real_volume_of_256(real_volume):
    check_reference(real_volume("nmc_electrode_taufactor_256"), "z")


@pytest.mark.parametrize("share", [0.4, 0.7])
def test_taufactor(share):
    taufactor = pytest.importorskip("taufactor", reason="TauFactor, an oracle, is not installed")
    mask = blobs((24, 20, 22), share)
    solver = taufactor.Solver(mask.astype(np.uint8), device="cpu")
    solver.solve(verbose=False, conv_crit=1e-4)  # its criterion: spread of the flux over the layers
    ours = values(volume_of(mask), tolerance=1e-5)
    assert ours[:2] == pytest.approx((float(solver.tau[0]), float(solver.D_eff[0])), rel=2e-3)
