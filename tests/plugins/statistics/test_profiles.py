"""Profiles of volume fractions and surface areas: means, mirrors, single layers, and layers counted by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from porenet_estimators.turned_slab import TurnedSlab
from porenet_statistics import porenet_specs
from porenet_statistics.metrics.ssa import specific_surface_area
from porenet_statistics.metrics.ssa_profile import surface_area_profile
from porenet_statistics.metrics.vf import volume_fractions
from porenet_statistics.metrics.vf_profile import volume_fraction_profile

from porenet.config import GridFile
from porenet.errors import ConfigError, InputError
from porenet.interface import AXES, Grid, Volume, one_layer
from porenet.measurement import requests_for
from porenet.registry.schema import validated
from porenet.testing import Case, LawBroken, volumes
from porenet.testing.laws.streaming import streams

AXIS, PARTS = st.sampled_from(AXES), st.integers(1, 9)
ESTIMATORS = st.sampled_from(["crofton", "faces"])
GRID = Grid(("a", "b", "c"), (0.5, 0.25, 1.0))


def means(profile, parts):
    """The mean over the parts of each quantity."""
    rows = {}
    for key, value in profile.items():
        rows.setdefault(key.rpartition(".")[0], []).append(value)
    assert {len(row) for row in rows.values()} == {parts}
    return {name: np.mean(row) for name, row in rows.items()}


def expect_means(volume, axis, parts):
    fractions = volume_fraction_profile(volume, axis=axis, parts=parts)
    assert means(fractions, parts) == pytest.approx(volume_fractions(volume), rel=1e-12, abs=1e-14)
    for estimator in ("crofton", "faces"):
        areas = surface_area_profile(volume, axis=axis, parts=parts, estimator=estimator)
        whole = specific_surface_area(volume, estimator=estimator)
        if estimator == "crofton" and one_layer(volume):
            assert {*areas.values()} == {*whole.values()}  # one layer: undefined
            continue
        assert means(areas, parts) == pytest.approx(whole, rel=1e-12, abs=1e-12)


@settings(max_examples=10)
@given(volumes(), AXIS, PARTS)
def test_the_mean_of_the_parts_is_the_value_of_the_whole(volume, axis, parts):
    expect_means(volume, axis, parts)


@pytest.mark.parametrize("periodic", list(itertools.product((False, True), repeat=3)))
def test_so_it_is_of_noise_on_every_grid(periodic):
    labels = np.random.default_rng(0).integers(0, 3, (5, 4, 6)).astype(np.uint8)
    for axis, parts in itertools.product(AXES, (1, 4, 7)):
        expect_means(Volume(labels, Grid(GRID.phases, GRID.voxel_um, periodic)), axis, parts)


@settings(max_examples=20)
@given(volumes(), AXIS, PARTS, ESTIMATORS)
def test_a_mirror_turns_the_order_of_the_parts_about(volume, axis, parts, estimator):
    flipped = Volume(np.flip(volume.labels, AXES.index(axis)), volume.grid)
    assume(estimator == "faces" or one_layer(volume) is None)
    here = surface_area_profile(volume, axis=axis, parts=parts, estimator=estimator)
    there = surface_area_profile(flipped, axis=axis, parts=parts, estimator=estimator)
    for name in volume.grid.phases:
        for part in range(1, parts + 1):
            assert here[f"{name}.{axis}{part}"] == pytest.approx(there[f"{name}.{axis}{parts + 1 - part}"], abs=1e-12)


@settings(max_examples=20)
@given(volumes(), st.permutations(range(3)), PARTS, ESTIMATORS)
def test_axes_may_be_exchanged(volume, order, parts, estimator):
    grid = volume.grid
    assume(estimator == "faces" or one_layer(volume) is None)
    voxel_um, periodic = (tuple(values[axis] for axis in order) for values in (grid.voxel_um, grid.periodic))
    turned = Volume(volume.labels.transpose(order), Grid(grid.phases, voxel_um, periodic))
    for axis in range(3):
        here = surface_area_profile(volume, axis=AXES[order[axis]], parts=parts, estimator=estimator)
        there = surface_area_profile(turned, axis=AXES[axis], parts=parts, estimator=estimator)
        assert list(there.values()) == pytest.approx(list(here.values()), rel=1e-9, abs=1e-12)


@settings(max_examples=20)
@given(volumes(GRID), AXIS)
def test_as_many_parts_as_layers_are_the_layers_and_halves_of_the_faces_between(volume, axis):
    along = AXES.index(axis)
    layers = np.moveaxis(volume.labels, along, 0)
    voxel_um3 = np.prod(GRID.voxel_um)
    first_um, second_um = (edge for other, edge in enumerate(GRID.voxel_um) if other != along)
    fractions = volume_fraction_profile(volume, axis=axis, parts=len(layers))
    areas = surface_area_profile(volume, axis=axis, parts=len(layers), estimator="faces")
    for label, phase in enumerate(GRID.phases):
        inside = layers == label
        for number, layer in enumerate(inside):
            across = sum(
                np.count_nonzero(layer ^ inside[beside]) * first_um * second_um / 2
                for beside in (number - 1, number + 1)
                if 0 <= beside < len(layers)
            )
            own = np.count_nonzero(layer[1:] ^ layer[:-1]) * GRID.voxel_um[along] * second_um
            own += np.count_nonzero(layer[:, 1:] ^ layer[:, :-1]) * GRID.voxel_um[along] * first_um
            key = f"{phase}.{axis}{number + 1}"
            assert fractions[key] == pytest.approx(layer.mean())
            assert areas[key] == pytest.approx((own + across) / (layer.size * voxel_um3))


def test_a_cut_through_a_layer_divides_it_in_proportion():
    volume = Volume(np.array([0, 0, 1]).reshape(3, 1, 1), Grid(("a", "b"), (1, 1, 1)))
    assert volume_fraction_profile(volume, axis="z", parts=2) == pytest.approx(
        {"a.z1": 1.0, "a.z2": 1 / 3, "b.z1": 0.0, "b.z2": 2 / 3}
    )
    nine = volume_fraction_profile(volume, axis="z", parts=9)
    assert [nine[f"b.z{part}"] for part in range(1, 10)] == [0.0] * 6 + [1.0] * 3


def test_a_graded_structure_shows_its_grade():
    shares = np.linspace(0.1, 0.8, 8)
    labels = np.random.default_rng(0).random((8, 40, 40)) < shares[:, None, None]
    volume = Volume(labels.astype(np.uint8), Grid(("solid", "pore"), (1, 1, 1)))
    profile = volume_fraction_profile(volume, axis="z")
    assert [profile[f"pore.z{part}"] for part in range(1, 5)] == pytest.approx([0.15, 0.35, 0.55, 0.75], abs=0.02)
    across = volume_fraction_profile(volume, axis="x")
    assert [across[f"pore.x{part}"] for part in range(1, 5)] == pytest.approx([0.45] * 4, abs=0.02)


def test_what_cannot_be_cut_is_refused():
    for metric, parts in itertools.product((volume_fraction_profile, surface_area_profile), (0, -1, 10_001, 2.5)):
        with pytest.raises(ConfigError, match=r"params\.parts: must be"):
            validated(metric, "metric", {"axis": "z", "parts": parts}, path="params")
    flat = Volume(np.zeros((2, 2, 2), np.uint8), Grid(("a", "b"), (1.0, 1.0, 0.0009)))
    with pytest.raises(InputError, match="too flat"):
        surface_area_profile(flat, axis="z")


def test_profiles_are_measured_only_where_they_are_asked_for():
    """40 quantities more would cost every comparison its power."""
    requests = requests_for((), {}, GridFile(GRID, {}, {}))
    assert "porenet:vf" in {request.name for request in requests}
    assert not [request.name for request in requests if "profile" in request.name]
    with pytest.raises(ConfigError, match=r"vf_profile\.axis: is required"):
        requests_for(("vf_profile",), {}, GridFile(GRID, {}, {}))


@pytest.mark.parametrize(("metric", "axis"), [("vf_profile", "y"), ("ssa_profile", "x")])
def test_they_are_the_same_by_slabs_along_every_axis(metric, axis):
    (spec,) = (spec for spec in porenet_specs() if (spec.kind, spec.name) == ("metric", metric))
    assert streams(Case(spec, params={"axis": axis, "parts": 5})) is None


def test_a_slab_that_takes_its_place_for_that_of_the_box_breaks_the_law(monkeypatch):
    whole = TurnedSlab.layers
    monkeypatch.setattr(
        TurnedSlab, "layers", lambda turned: ((number - turned.slab.z0, place) for number, place in whole(turned))
    )
    (spec,) = (spec for spec in porenet_specs() if spec.name == "vf_profile")
    with pytest.raises(LawBroken, match=r"in memory and .* by slabs"):
        streams(Case(spec, params={"axis": "z"}))
