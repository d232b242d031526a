"""Chords against counting by hand, scipy's labelling of lines, real volumes and a closed form."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_statistics.metrics.chord_length import chord_lengths, chord_sums
from scipy import ndimage
from scipy.stats import multivariate_normal

from porenet.interface import AXES, Grid, Undefined, Volume
from porenet.synthetic import plurigaussian
from porenet.testing import grids, volumes


def line(labels, axis="x", voxel_um=(1.0, 1.0, 1.0), periodic=False):
    """One row of voxels along an axis."""
    index = AXES.index(axis)
    shape = [1, 1, 1]
    shape[index] = len(labels)
    wraps = tuple(periodic and axis == name for name in AXES)
    return Volume(np.array(labels).reshape(shape), Grid(("a", "b"), voxel_um, wraps))


ROW = [0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0]
"""a: 2 (cut), 1, 3, 1 (cut); b: 1, 3, 1."""


@pytest.mark.parametrize("axis", AXES)
def test_counted_by_hand(axis):
    found = chord_lengths(line(ROW, axis, voxel_um=(0.5, 0.5, 0.5)), axis=axis)
    assert found == {
        "a.mean": 1.0,  # 1 and 3 voxels of 0.5 um
        "a.std": 0.5,
        "b.mean": pytest.approx(5 / 6),
        "b.std": pytest.approx(math.sqrt(8 / 9) / 2),
    }


def test_cut_chords_count_when_asked_for():
    found = chord_lengths(line(ROW), axis="x", include_cut=True)
    assert found["a.mean"] == 7 / 4  # 2, 1, 3, 1
    assert found["a.std"] == pytest.approx(math.sqrt(15 / 4 - 49 / 16))
    assert found["b.mean"] == pytest.approx(5 / 3)


def test_a_periodic_axis_joins_its_ends():
    found = chord_lengths(line(ROW, periodic=True), axis="x")
    assert found["a.mean"] == 7 / 3  # 3 round the box, 1, 3
    assert found["b.mean"] == pytest.approx(5 / 3)
    assert chord_lengths(line(ROW, periodic=True), axis="x", include_cut=True) == found


def test_a_chord_that_never_ends():
    endless = line([0, 0, 0, 0], periodic=True)
    assert chord_lengths(endless, axis="x")["a.mean"] == Undefined("no complete chord along x")
    assert chord_lengths(endless, axis="x", include_cut=True)["a.mean"] == 4.0


def test_slab_in_three_directions():
    # b is 3 layers of 0.2 um between layers of a, 4 x 5 voxels wide: complete along z alone.
    labels = np.zeros((7, 4, 5), dtype=int)
    labels[2:5] = 1
    volume = Volume(labels, Grid(("a", "b"), (0.2, 1.0, 3.0)))
    assert chord_lengths(volume, axis="z") == {
        "a.mean": Undefined("no complete chord along z"),
        "a.std": Undefined("no complete chord along z"),
        "b.mean": pytest.approx(0.6),
        "b.std": 0.0,
    }
    assert chord_lengths(volume)["b.mean"] == pytest.approx(0.6)
    assert chord_lengths(volume, axis="x")["b.mean"] == Undefined("no complete chord along x")
    assert chord_lengths(volume, axis="x", include_cut=True)["b.mean"] == pytest.approx(15.0)
    # Pooled with the cut ones: 20 chords of 0.6 um, 15 of 4 um, 12 of 15 um.
    pooled = chord_lengths(volume, include_cut=True)
    lengths = [0.6] * 20 + [4.0] * 15 + [15.0] * 12
    assert pooled["b.mean"] == pytest.approx(np.mean(lengths))
    assert pooled["b.std"] == pytest.approx(np.std(lengths))


def test_checkerboard_has_chords_of_one_voxel():
    labels = np.indices((6, 6, 6)).sum(axis=0) % 2
    found = chord_lengths(Volume(labels, Grid(("a", "b"), (0.1, 0.1, 0.1))))
    assert found == {"a.mean": 0.1, "a.std": 0.0, "b.mean": 0.1, "b.std": 0.0}


def test_absent_phase_and_no_complete_chord():
    grid = Grid(("a", "b"), (1, 1, 1))
    found = chord_lengths(Volume(np.zeros((3, 3, 3), dtype=int), grid))
    assert found["a.mean"] == found["a.std"] == Undefined("no complete chord along any axis")
    assert found["b.mean"] == found["b.std"] == Undefined("the phase is absent")
    assert chord_lengths(Volume(np.zeros((1, 1, 1), dtype=int), grid), include_cut=True)["a.mean"] == 1.0


@given(grids().flatmap(volumes), st.sampled_from(AXES), st.booleans())
def test_scipy_labels_the_lines(volume, axis, include_cut):
    """Label each line with scipy; on a periodic axis three turns of it, whose middle holds each chord whole."""
    index = AXES.index(axis)
    wraps, size = volume.grid.periodic[index], volume.labels.shape[index]
    lines = np.moveaxis(volume.labels, index, -1).reshape(-1, size)
    expected = {label: [] for label in range(len(volume.grid.phases))}
    for row in lines:
        for label, lengths in expected.items():
            if wraps and (row == label).all():
                lengths += [size] * include_cut
                continue
            shown = np.tile(row, 3) if wraps else row
            runs, _ = ndimage.label(shown == label)
            for (run,) in ndimage.find_objects(runs):
                if wraps:
                    if size <= run.start < 2 * size:
                        lengths.append(run.stop - run.start)
                elif include_cut or (run.start > 0 and run.stop < size):
                    lengths.append(run.stop - run.start)
    found = chord_lengths(volume, axis=axis, include_cut=include_cut)
    edge = volume.grid.voxel_um[index]
    for label, phase in enumerate(volume.grid.phases):
        if expected[label]:
            assert found[f"{phase}.mean"] == pytest.approx(np.mean(expected[label]) * edge)
            assert found[f"{phase}.std"] == pytest.approx(np.std(expected[label]) * edge, abs=1e-9)
        else:
            assert isinstance(found[f"{phase}.mean"], Undefined)


# PoreSpy 3.2.0 on the example volume: filters.apply_chords(im == phase, axis=axis, spacing=1, trim_edges=True), then
# metrics.chord_counts: number, sum and sum of squares, voxels. It takes the lines 2, 4, ... 58 of both other axes.
PORESPY = {
    "z": [(5542, 16378, 79186), (5718, 15709, 65915), (6157, 14668, 54370)],
    "y": [(6505, 16972, 67256), (5355, 15875, 74473), (5583, 14841, 60945)],
    "x": [(6553, 16861, 66033), (5375, 15904, 73934), (5924, 14893, 57735)],
}


@pytest.mark.parametrize("axis", AXES)
def test_porespy_on_a_real_volume(electrode, axis):
    index = AXES.index(axis)
    lines = electrode[tuple(slice(None) if one == index else slice(2, 59, 2) for one in range(3))]
    sums = chord_sums(lines, index, periodic=False, include_cut=False, phases=3)
    assert [tuple(one) for one in sums.T.tolist()] == PORESPY[axis]
    found = chord_lengths(Volume(lines, Grid(("a", "b", "c"), (0.5, 0.5, 0.5))), axis=axis)
    for phase, (count, total, squares) in zip("abc", PORESPY[axis], strict=True):
        assert found[f"{phase}.mean"] == pytest.approx(total / count / 2)
        assert found[f"{phase}.std"] == pytest.approx(math.sqrt(squares / count - (total / count) ** 2) / 2)


@given(grids().flatmap(volumes))
def test_chords_with_the_cut_ones_fill_the_phase(volume):
    """Count times mean length is the phase's whole length along an axis, and mirrors do not matter."""
    for index in range(3):
        sums = chord_sums(
            volume.labels, index, periodic=volume.grid.periodic[index], include_cut=True, phases=len(volume.grid.phases)
        )
        assert sums[1].tolist() == np.bincount(volume.labels.ravel(), minlength=len(volume.grid.phases)).tolist()
    mirrored = Volume(volume.labels[::-1, ::-1, ::-1], volume.grid)
    assert chord_lengths(mirrored) == chord_lengths(volume)


@pytest.mark.parametrize(
    "name", ["sofc_superres_62", "imagerep_seg_stack_100", "nmc1cal_cbd_inpainter_128", "openimpala_2phase_100"]
)
def test_real_volume_reproduces_the_unlike_faces(real_volume, name):
    """Every line of voxels holds one chord more than it crosses unlike faces."""
    labels, reference = real_volume(name).labels, real_volume(name).reference
    shares = reference["volume_fraction"]
    phases = tuple(f"p{label}" for label in range(len(shares)))
    found = chord_lengths(Volume(labels, Grid(phases, (1, 1, 1))), include_cut=True)
    counts = np.bincount(labels.ravel())
    chords = sum(3 * count / found[f"{phase}.mean"] for phase, count in zip(phases, counts, strict=True))
    lines = sum(labels.size // size for size in labels.shape)
    assert chords - lines == pytest.approx(sum(reference["unlike_faces"].values()), abs=1e-2)


def test_plurigaussian_closed_form():
    """Chords per line and length as the bivariate normal distribution has them, and S_V / 4 on fine voxels."""
    cut, length_um, edge_um = 0.5, 1.0, 0.25
    share, chords = [], []
    for seed in range(60):
        volume, truth = plurigaussian(
            (24, 24, 24), voxel_um=(edge_um,) * 3, length_um=length_um, thresholds=(cut,), seed=seed,
            periodic=(True, True, True), phases=("a", "b"),
        )  # fmt: skip
        sums = chord_sums(volume.labels, 2, periodic=True, include_cut=False, phases=2)
        share.append(sums[1, 0] / volume.labels.size)
        chords.append(sums[0, 0] / volume.labels.size)
    correlation = math.exp(-((edge_um / length_um) ** 2) / 2)
    both_below = multivariate_normal.cdf([cut, cut], cov=[[1, correlation], [correlation, 1]], abseps=1e-10)
    vf = truth.values["vf"]["a"]
    ends = (1 - vf) - both_below  # below here, above one voxel on
    for values, expected in ((share, vf), (chords, ends)):
        assert abs(np.mean(values) - expected) < 4 * np.std(values, ddof=1) / math.sqrt(len(values))
    assert ends / edge_um == pytest.approx(truth.values["ssa"]["a"] / 4, rel=0.01)
