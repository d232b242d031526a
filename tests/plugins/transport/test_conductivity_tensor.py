"""Conductivity tensor: slanted laminates, mirrored boxes against the solver of open ones, what does not exist."""

import numpy as np
import pytest
from porenet_transport.metrics.conductivity_tensor import conductivity_tensor
from porenet_transport.metrics.effective_conductivity import effective_conductivity
from porenet_transport.solver import periodic_cell
from porenet_transport.solver.periodic_cell import homogenise
from scipy import ndimage

from porenet.interface import AXES, Grid, Undefined, Volume

PHASES = ("good", "bad")
OFF = ("zy", "zx", "yx")


def tensor_of(labels, good, bad, edges=(1.0, 1.0, 1.0), *, periodic=(True, True, True), **params):
    volume = Volume(np.asarray(labels).astype(np.uint8), Grid(PHASES, edges, periodic))
    return conductivity_tensor(volume, conductivities={"good": good, "bad": bad}, **params)


def mirrored(labels):
    """A periodic box whose faces, and the middle between them, nothing crosses but a gradient along their axis."""
    for axis in range(3):
        labels = np.concatenate([labels, np.flip(labels, axis)], axis)
    return labels


@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, 2), (1, 2)])
@pytest.mark.parametrize(("thickness", "edges"), [(4, (1.0, 1.0, 1.0)), (8, (1.0, 1.0, 1.0)), (4, (0.5, 2.0, 1.0))])
def test_slanted_laminates(first, second, thickness, edges):
    # Nothing changes along (1, -1) voxels, so they are a chain: across the layers its links are in series, with the
    # harmonic mean of the voxels; along the layers they are side by side, with harmonic means at the interfaces.
    good, bad = 10.0, 1.0
    places = np.indices((16, 16, 16))
    found = tensor_of((places[first] + places[second]) // thickness % 2, good, bad, edges)
    across = 2 / (1 / good + 1 / bad)
    along = ((thickness - 1) * (good + bad) / 2 + across) / thickness
    normal = np.array([1 / edge if axis in (first, second) else 0 for axis, edge in enumerate(edges)])
    normal /= np.linalg.norm(normal)
    exact = np.diag([along if axis in (first, second) else (good + bad) / 2 for axis in range(3)])
    exact += (across - along) * np.outer(normal, normal)
    for name, value in found.items():
        assert value == pytest.approx(exact[AXES.index(name[0]), AXES.index(name[1])], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("edges", [(1.0, 1.0, 1.0), (0.5, 2.0, 1.0)])
@pytest.mark.parametrize(("good", "bad"), [(3.0, 1.0), (1.0, 0.0), (1e6, 1.0)])
def test_a_mirrored_box_conducts_as_the_open_one(good, bad, edges):
    # A solver that shares nothing with that of the periodic box. The good one lies in pieces: of it the first steps
    # see nothing, and an estimate from Ritz values alone stopped 5 % short.
    noise = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((10, 9, 11)), 1.5)
    labels = (noise < np.quantile(noise, 0.7)).astype(np.uint8)
    found = tensor_of(mirrored(labels), good, bad, edges)
    grid = Grid(PHASES, edges)
    conductivities = {"good": good, "bad": bad}
    plain = effective_conductivity(Volume(labels, grid), conductivities=conductivities, axis="all", tolerance=1e-6)
    scale = max(plain.values())
    for axis in AXES:
        assert found[2 * axis] == pytest.approx(plain[f"effective.{axis}"], rel=2e-5, abs=1e-12 * scale)
    assert [found[name] for name in OFF] == pytest.approx([0.0] * 3, abs=1e-5 * scale)


def test_the_estimate_of_the_error_is_no_smaller_than_the_error():
    random = np.random.default_rng(3)
    for _ in range(8):
        cells = np.where(random.random((7, 6, 8)) < random.choice([0.1, 0.3, 0.6]), random.choice([10, 1e3, 1e6]), 1.0)
        exact = homogenise(cells, voxel_um=(1, 1, 1), tolerance=1e-13).tensor
        for tolerance in (1e-1, 1e-3):
            solved = homogenise(cells, voxel_um=(1, 1, 1), tolerance=tolerance)
            assert solved.converged
            assert (np.diag(solved.tensor) / np.diag(exact) - 1 <= tolerance).all()
            assert (np.linalg.eigvalsh(solved.tensor - exact) >= -1e-9 * exact.max()).all()  # from above


def test_it_does_not_depend_on_where_the_box_is_cut():
    labels = np.random.default_rng(4).integers(2, size=(5, 1, 4))
    found = tensor_of(labels, 5.0, 1.0, tolerance=1e-5)
    assert tensor_of(np.roll(labels, (2, 0, 1), (0, 1, 2)), 5.0, 1.0, tolerance=1e-5) == pytest.approx(found)
    turned = tensor_of(labels[::-1], 5.0, 1.0, tolerance=1e-5)
    assert turned == pytest.approx(found | {name: -found[name] for name in ("zy", "zx")})


def test_what_is_off_the_diagonal_of_an_open_box_does_not_exist():
    labels = np.random.default_rng(5).integers(2, size=(4, 5, 6))
    for periodic in ((False, False, False), (True, True, False)):
        found = tensor_of(labels, 5.0, 1.0, periodic=periodic)
        volume = Volume(labels.astype(np.uint8), Grid(PHASES, (1, 1, 1), periodic))
        plain = effective_conductivity(volume, conductivities={"good": 5.0, "bad": 1.0}, axis="all")
        assert [found[2 * axis] for axis in AXES] == list(plain.values())
        why = "off the diagonal only a box that is periodic along z, y and x has a value"
        assert [found[name] for name in OFF] == [Undefined(why)] * 3


def test_what_is_cut_conducts_exactly_nothing():
    plate = np.zeros((4, 4, 4))
    plate[1] = 1
    assert tensor_of(plate, 1.0, 0.0) == pytest.approx(
        {"zz": 0.0, "yy": 0.75, "xx": 0.75, "zy": 0.0, "zx": 0.0, "yx": 0.0}, abs=1e-12
    )
    assert tensor_of(plate, 1.0, 0.0)["zz"] == 0.0
    assert set(tensor_of(plate, 0.0, 0.0).values()) == {0.0}


def test_a_solver_that_gives_up_is_undefined(monkeypatch):
    monkeypatch.setattr(homogenise, "__kwdefaults__", {"max_steps": 1})
    labels = np.random.default_rng(6).integers(2, size=(6, 6, 6))
    reasons = {value.reason for value in tensor_of(labels, 100.0, 1.0).values()}
    assert len(reasons) == 1
    assert reasons.pop().startswith("the solver gave up after 3 steps")
    assert periodic_cell.MAX_STEPS > 1
