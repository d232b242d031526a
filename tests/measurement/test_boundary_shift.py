"""Interfaces move by exactly so many voxels: slabs, a ball, a plain loop over voxels as oracle."""

import itertools

import numpy as np
import pytest

import porenet
from porenet.errors import InputError
from porenet.interface import Grid, Undefined, Volume
from porenet.measurement import doubled, sensitivity, shifted
from porenet.registry import Registry, registry


def volume(labels, phases="abc", edges=(0.1, 0.1, 0.1), periodic=(False, False, False)):
    return Volume(np.asarray(labels, np.uint8), Grid(tuple(phases), edges, periodic))


@pytest.fixture
def share(monkeypatch):
    """A metric ``share``, volume fraction per phase, in a registry without any plugin."""
    own = Registry.installed(environ={"PORENET_PLUGINS": "none"})
    for module in (porenet.registry, registry):
        monkeypatch.setattr(module, "installed", lambda: own)

    @porenet.register(kind="metric", unit="1", name="share")
    def share(volume):
        whole = {name: float(volume.mask(name).mean()) for name in volume.grid.phases}
        return whole | {"a.thick": whole["a"] if whole["a"] > 0.2 else Undefined("too thin")}

    return share


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("wraps", [False, True])
def test_both_faces_of_a_slab_move_by_exactly_so_many_voxels(axis, wraps):
    slab = np.zeros((12, 12, 12))
    slab[4:8] = 1
    whole = volume(np.moveaxis(slab, 0, axis), "ab", edges=(0.1, 0.3, 0.2), periodic=(wraps,) * 3)
    fine = doubled(whole)
    assert fine.grid.voxel_um == pytest.approx((0.05, 0.15, 0.1))
    for steps in (-4, -3, -2, -1, 0, 1, 2, 3):
        thickness = shifted(fine, "b", steps).mask("b").sum() / 24**2
        assert thickness == 8 + 2 * steps


def test_a_face_of_the_box_is_no_interface_and_a_periodic_side_is():
    slab = np.zeros((6, 3, 3))
    slab[:2] = 1
    for wraps, grown in ((False, 3), (True, 4)):
        moved = shifted(volume(slab, "ab", periodic=(wraps, False, False)), "b", 1)
        assert moved.mask("b").sum() == 9 * grown


def test_an_axis_of_one_voxel_stays_as_it_is():
    flat = volume(np.eye(6)[None], "ab", edges=(0.5, 0.1, 0.1), periodic=(True, True, True))
    fine = doubled(flat)
    assert fine.labels.shape == (1, 12, 12)
    assert fine.grid.voxel_um == (0.5, 0.05, 0.05)
    assert shifted(fine, "b", 1).mask("b").sum() == 24 + 24 + 24 - 12  # faces, less concave corners


def test_a_ball_grows_by_its_area_per_length():
    places = np.indices((40, 40, 40)) - 19.5
    radius = 14.0
    ball = volume((places**2).sum(axis=0) < radius**2, "ab")
    fine = doubled(ball)
    grown, shrunk = (int(shifted(fine, "b", steps).mask("b").sum()) / 8 for steps in (1, -1))
    assert (grown - shrunk) / (4 * np.pi * radius**2) == pytest.approx(1.12, abs=0.02)  # a sphere is mostly oblique
    grown, shrunk = (int(shifted(fine, "b", steps).mask("b").sum()) / 8 for steps in (2, -2))
    assert (grown - shrunk) / 2 / (4 * np.pi * radius**2) == pytest.approx(0.98, abs=0.02)


def by_plain_loop(labels, label, outwards, periodic):
    """One step of a phase, voxel by voxel, from the definition."""
    moved = labels.copy()
    for place in itertools.product(*map(range, labels.shape)):
        beside = []
        for axis, step in itertools.product(range(3), (-1, 1)):
            at = list(place)
            at[axis] += step
            if periodic[axis]:
                at[axis] %= labels.shape[axis]
            if 0 <= at[axis] < labels.shape[axis]:
                beside.append(int(labels[tuple(at)]))
        if outwards and label in beside:
            moved[place] = label
        others = [each for each in beside if each != label]
        if not outwards and labels[place] == label and others:
            moved[place] = min(set(others), key=lambda each: (-others.count(each), each))
    return moved


@pytest.mark.parametrize("periodic", [(False, False, False), (True, False, True)])
@pytest.mark.parametrize("shape", [(5, 6, 4), (1, 7, 5), (2, 2, 2)])
def test_steps_are_those_of_a_plain_loop(shape, periodic):
    labels = np.random.default_rng(sum(shape)).integers(0, 3, shape, dtype=np.uint8)
    whole = volume(labels, periodic=periodic)
    for label, outwards in itertools.product(range(3), (True, False)):
        moved = shifted(whole, "abc"[label], 1 if outwards else -1).labels
        assert (moved == by_plain_loop(labels, label, outwards, periodic)).all()


def test_what_one_of_two_phases_wins_the_other_loses():
    labels = np.random.default_rng(0).random((9, 9, 9)) < 0.4
    whole = volume(labels, "ab", periodic=(True, False, False))
    for steps in (-2, -1, 1, 2):
        assert (shifted(whole, "a", steps).labels == shifted(whole, "b", -steps).labels).all()


def test_interfaces_between_two_others_stay():
    labels = np.zeros((4, 8, 4))
    labels[:, 4:] = 1
    labels[:, :, :1] = 2
    moved = shifted(volume(labels), "c", 1).labels
    assert (moved[:, :, 2:] == volume(labels).labels[:, :, 2:]).all()
    assert (moved[:, :, :2] == 2).all()


def test_a_phase_that_is_absent_or_everything_does_not_move():
    whole = volume(np.zeros((4, 4, 4)))
    for phase, steps in itertools.product("abc", (-1, 1)):
        assert (shifted(whole, phase, steps).labels == 0).all()
    with pytest.raises(InputError, match="no phase 'd'"):
        shifted(whole, "d", 1)
    with pytest.raises(InputError, match="whole number of steps"):
        shifted(whole, "a", 0.5)


def test_the_sensitivity_of_a_slab_is_exact(share):
    labels = np.zeros((20, 4, 4))
    labels[5:10], labels[10:] = 1, 2
    rows, notes = sensitivity(volume(labels), "share")
    assert notes == []
    slopes = {(row.measured["key"], row.phase): row.per_voxel[0] for row in rows}
    # a and c end at the box and have one interface each, b has two; a share of 1/20 per layer
    assert slopes["a", "a"] == pytest.approx(0.05)
    assert slopes["b", "b"] == pytest.approx(0.1)
    assert slopes["b", "a"] == pytest.approx(-0.05)
    assert slopes["c", "a"] == 0
    row = next(row for row in rows if (row.measured["key"], row.phase) == ("b", "b"))
    assert {shift: value for shift, (value, _) in row.shifts.items()} == pytest.approx(
        {-1.0: 0.15, -0.5: 0.2, 0.5: 0.3, 1.0: 0.35}
    )
    assert row.relative == pytest.approx(0.4)
    assert row.as_data()["per_voxel"] == {"value": pytest.approx(0.1), "undefined": None}


def test_a_side_that_is_undefined_leaves_the_other_and_both_leave_the_reason(share):
    labels = np.zeros((20, 4, 4))
    labels[:4] = 1
    row = next(row for row in sensitivity(volume(1 - labels, "ab"), "share")[0] if row.measured["key"] == "a.thick")
    assert [value is None for value, _ in row.shifts.values()] == [True, True, False, False]
    assert row.doubled == (None, "too thin")  # 4 of 20 layers are not above a fifth
    assert row.per_voxel == (None, "too thin")
    labels[4] = 1
    row = next(row for row in sensitivity(volume(1 - labels, "ab"), "share")[0] if row.measured["key"] == "a.thick")
    assert row.shifts[-0.5][0] == pytest.approx(0.225)
    assert row.shifts[-1.0] == (None, "too thin")
    assert row.per_voxel[0] == pytest.approx(0.05)


def test_what_cannot_be_moved_is_said(share):
    with pytest.raises(InputError, match="the volume is all b: there is no interface to move"):
        sensitivity(volume(np.ones((4, 4, 4))), "share")
    labels = np.zeros((6, 4, 4))
    labels[3:] = 2
    rows, notes = sensitivity(volume(labels), "share")
    assert {row.phase for row in rows} == {"a"}
    assert notes == ["b is absent, and is not moved", "a is moved; where it grows, c shrinks"]
    with pytest.raises(InputError, match=r"a porenet.Volume was expected"):
        sensitivity(labels, "share")
