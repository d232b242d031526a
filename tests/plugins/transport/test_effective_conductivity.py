"""Effective conductivity of composites: laminates, lattices of spheres, a direct solve, bounds."""

import numpy as np
import pytest
from direct_solve import solved_directly
from hypothesis import given
from hypothesis import strategies as st
from porenet_transport.metrics.effective_conductivity import effective_conductivity
from porenet_transport.metrics.tortuosity import tortuosity

from porenet.errors import ConfigError, InputError
from porenet.interface import AXES, Grid, Undefined, Volume
from porenet.registry.schema import validated

PHASES = ("Ni", "YSZ", "pore")


def volume_of(labels, edges=(1, 1, 1), *, periodic=(False, False, False), phases=PHASES):
    return Volume(np.asarray(labels).astype(np.uint8), Grid(phases, edges, periodic))


def effective(labels, conductivities, *, edges=(1, 1, 1), periodic=(False, False, False), **params):
    """Of labels 0, 1, 2 with these conductivities."""
    numbers = dict(zip(PHASES, conductivities, strict=True))
    volume = volume_of(labels, edges, periodic=periodic)
    return effective_conductivity(volume, conductivities=numbers, **params)


@pytest.mark.parametrize("periodic", [(False,) * 3, (True,) * 3])
@pytest.mark.parametrize("across", [0, 1, 2])
def test_layers_in_series_and_side_by_side(across, periodic):
    layers = np.moveaxis(np.broadcast_to(np.array([0, 0, 1, 2, 2, 2])[:, None, None], (6, 3, 4)), 0, across)
    found = effective(layers, (1e6, 40.0, 1.0), edges=(0.3, 2, 1), periodic=periodic, axis="all", tolerance=1e-6)
    for axis, value in zip(AXES, found.values(), strict=True):
        series = axis == AXES[across]
        exact = 6 / (2 / 1e6 + 1 / 40 + 3 / 1) if series else (2 * 1e6 + 40 + 3 * 1) / 6
        assert value == pytest.approx(exact, rel=2e-6)


@given(
    st.integers(0, 2**31 - 1),
    st.permutations([1e6, 1e3, 1.0]) | st.permutations([1e6, 1.0, 0.0]) | st.permutations([3.0, 1.0, 2.0]),
    st.sampled_from(AXES),
    st.sampled_from([(1.0, 1.0, 1.0), (0.5, 2.0, 1.0)]),
    st.tuples(*[st.booleans()] * 3),
)
def test_equals_a_direct_solve_and_keeps_wieners_bounds(seed, conductivities, axis, edges, periodic):
    labels = np.random.default_rng(seed).integers(3, size=(6, 5, 7))
    cells = np.array(conductivities)[labels]
    exact = solved_directly(cells, AXES.index(axis), edges, periodic, "face")
    (value,) = effective(labels, conductivities, edges=edges, periodic=periodic, axis=axis, tolerance=1e-6).values()
    assert value == pytest.approx(exact, rel=5e-5, abs=1e-9)
    with np.errstate(divide="ignore"):
        assert 1 / np.mean(1 / cells) * (1 - 1e-5) <= value <= cells.mean() * (1 + 1e-5)


def of_spheres(ratio, fraction):
    """Simple cubic lattice of spheres of this conductivity in a matrix of 1, to the order 10 / 3 in their fraction.

    R. C. McPhedran and D. R. McKenzie, Proc. R. Soc. A 359 (1978) 45, https://doi.org/10.1098/rspa.1978.0031.
    """
    dipoles, octupoles = (2 + ratio) / (1 - ratio), (1 - ratio) / (4 / 3 + ratio)
    return 1 - 3 * fraction / (dipoles + fraction - 1.306 * octupoles * fraction ** (10 / 3))


@pytest.mark.parametrize(
    ("ratio", "side", "distance"),
    [(0.0, 12, 0.025), (0.0, 24, 0.0125), (0.1, 16, 0.012), (10.0, 16, 0.001), (1e6, 16, 0.01)],
)
def test_a_sphere_in_a_cubic_cell(ratio, side, distance):
    # An eighth of the cell, by symmetry. Stairs make an insulating sphere larger, the more the coarser they are.
    radius = (3 * 0.2 / (4 * np.pi)) ** (1 / 3) * 2 * side
    sphere = ((np.indices((side,) * 3) + 0.5) ** 2).sum(axis=0) <= radius**2
    value = effective(sphere, (1.0, ratio, 0.0), tolerance=1e-4)["effective"]
    assert value == pytest.approx(of_spheres(ratio, sphere.mean()), rel=distance)


def test_of_one_conductor_it_is_the_relative_diffusivity():
    labels = np.random.default_rng(0).integers(3, size=(9, 8, 7)) % 2
    alone = tortuosity(volume_of(labels), axis="all")
    found = effective(labels, (2.5, 0, 0), axis="all")
    for axis in AXES:
        assert found[f"effective.{axis}"] == pytest.approx(2.5 * alone[f"Ni.relative_diffusivity.{axis}"])


def test_scaled_numbers_scale_the_value():
    labels = np.random.default_rng(1).integers(3, size=(6, 6, 6))
    one, other = (effective(labels, factor * np.array([3.0, 1, 0.2]))["effective"] for factor in (1, 1e-9))
    assert other == pytest.approx(1e-9 * one)


def test_where_no_path_conducts_it_is_0():
    labels = np.ones((4, 3, 3))
    labels[2] = 2
    assert effective(labels, (5, 1, 0)) == {"effective": 0.0}
    assert effective(labels, (5, 0, 0)) == {"effective": 0.0}
    assert effective(labels, (5, 1, 0), axis="y")["effective"] == pytest.approx(3 / 4)
    assert effective(np.ones((1, 1, 1)), (5, 3, 0), axis="all").keys() == {f"effective.{axis}" for axis in AXES}


def test_a_solver_that_gives_up_is_undefined(monkeypatch):
    from porenet_transport.metrics import effective_conductivity as module

    conduct = module.conduct
    monkeypatch.setattr(module, "conduct", lambda *args, **options: conduct(*args, **options, max_steps=1))
    labels = np.random.default_rng(2).integers(3, size=(14, 12, 12))
    value = effective(labels, (1e6, 1, 0))["effective"]
    assert isinstance(value, Undefined)
    assert value.reason.startswith("the solver gave up after 1 steps")


@pytest.mark.parametrize(
    ("conductivities", "message"),
    [
        ({"Ni": 1.0, "YSZ": 1.0}, "no conductivity is given for pore.*Name every phase; 0 is an insulator"),
        ({"Ni": 1.0, "YSZ": 1.0, "por": 1.0, "pore": 0.0}, "no phase 'por'.*did you mean 'pore'"),
        ({"Ni": -1.0, "YSZ": 1.0, "pore": 0.0}, "finite numbers >= 0"),
        ({"Ni": float("nan"), "YSZ": 1.0, "pore": 0.0}, "finite numbers >= 0"),
        ({"Ni": 2e7, "YSZ": 1.0, "pore": 0.0}, r"2e\+07 times the smallest above 0, and at most 1e\+07 is solved"),
    ],
)
def test_conductivities_that_are_none(conductivities, message):
    with pytest.raises(InputError, match=message):
        effective_conductivity(volume_of(np.zeros((2, 2, 2))), conductivities=conductivities)


@pytest.mark.parametrize(
    ("conductivities", "message"),
    [
        (None, "is required"),
        ({"Ni": float("inf")}, "finite"),
        ({"Ni": -1}, "greater than or equal to 0"),
        ({"nickel": 1}, "must be a phase of the grid"),
        (3, "a table of keys and values"),
    ],
)
def test_bad_parameters_of_a_table(conductivities, message):
    params = {} if conductivities is None else {"conductivities": conductivities}
    grid = Grid(PHASES, (1, 1, 1))
    with pytest.raises(ConfigError, match=message):
        validated(effective_conductivity, "metric", params, grid=grid, path="effective_conductivity")
