"""Fits to volumes at the edge of what can be fitted: each has a defined answer, and notes on what was not met."""

import numpy as np
import pytest

from porenet.interface import Grid, Volume
from porenet.synthetic import fit_skewed_fields, skewed_fields

BOX = np.indices((24, 24, 24))
FOUR = ("a", "b", "c", "d")


def of_labels(labels, *phases, periodic=(False, False, False)):
    return Volume(np.ascontiguousarray(labels, np.uint8), Grid(phases, 1.0, periodic))


def single_voxel():
    labels = np.zeros((24, 24, 24))
    labels[3, 4, 5] = 1
    return of_labels(labels, "a", "b")


def four_phases():
    fractions = (0.2, 0.4, 0.2, 0.2)
    return skewed_fields(
        (26, 26, 26), voxel_um=1.0, lengths_um=2.5, skews=0.5, fractions=fractions, seed=0, phases=FOUR
    )


def periodic():
    labels = (BOX[0] // 3 + BOX[1] // 3 + BOX[2] // 3) % 2
    return of_labels(labels, "a", "b", periodic=(True, True, True))


@pytest.mark.parametrize(
    ("make", "note"),
    [
        (four_phases, None),
        (periodic, None),
        (single_voxel, "its length is 1 voxels"),
        (lambda: of_labels(BOX.sum(axis=0) % 2, "a", "b"), "hardly resolve a shape"),
    ],
)
def test_what_can_be_fitted_has_a_defined_answer(make, note):
    volume = make()
    fit = fit_skewed_fields(volume, rounds=4, structures=2)
    phases = volume.grid.phases
    numbers = np.array([fit.lengths_um, fit.skews, fit.surface_ratios, *fit.connectivity])
    assert numbers.shape == (5, len(phases))
    assert np.isfinite(numbers).all()
    real = np.bincount(volume.labels.ravel(), minlength=len(phases)) / volume.labels.size
    assert fit.skews[int(real.argmax())] == 0
    drawn = fit.draw(0, shape=(14, 13, 15), candidates=2)
    assert (drawn.shape, drawn.grid.phases, drawn.grid.periodic) == ((14, 13, 15), phases, (False, False, False))
    assert note is None or any(note in text for text in fit.notes)


def test_a_structure_takes_the_fractions_of_a_window_as_the_fit_states_them():
    """Rounded to six digits, the fractions of a window need not add up to 1: they were then refused."""
    rng = np.random.default_rng(0)
    volumes = [of_labels(rng.integers(0, 3, (13, 13, 13)), "a", "b", "c") for _ in range(6)]
    fit = fit_skewed_fields(volumes, rounds=2, structures=1)
    for seed, (fractions, volume) in enumerate(zip(fit.fractions, volumes, strict=True)):
        drawn = fit.draw(seed, fractions=fractions)
        counts = [np.bincount(labels.ravel(), minlength=3) for labels in (drawn.labels, volume.labels)]
        assert np.abs(counts[0] - counts[1]).max() <= 1
