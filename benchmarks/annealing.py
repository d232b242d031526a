"""Plain simulated annealing of S2 along the axes, after C. L. Y. Yeong and S. Torquato, Phys. Rev. E 57 (1998) 495."""

from __future__ import annotations

import math

import numba
import numpy as np

COOLING = 0.9
"""Factor of the temperature per sweep: as many trials as voxels."""
FIRST_ACCEPTED = 0.5
"""Share of swaps for the worse that the first temperature accepts, of a mean increase."""


def anneal(labels, longest=16, *, wanted_rms, most_sweeps=100, seed=0):
    """A structure of the same fractions whose S2 along the axes comes as near as is wanted.

    Args:
        labels: ``(Z, Y, X)`` uint8, the original, open box.
        longest: longest lag, voxels.
        wanted_rms: root mean square of the errors of S2 at which to stop.
        most_sweeps: sweeps after which to stop anyway.
        seed: of the start and of the swaps.

    Returns:
        Labels, root mean square error of S2 along the axes, sweeps made.
    """
    generator = np.random.default_rng(seed)
    phases = int(labels.max()) + 1
    target, state = _counts(labels, longest, phases), generator.permutation(labels.ravel()).reshape(labels.shape)
    counts = _counts(state, longest, phases)
    pairs = np.array([sum(labels.size // n * (n - lag) for n in labels.shape) for lag in range(longest + 1)], float)
    rises = _sweep(state.copy(), counts.copy(), target, pairs, 0.0, 1000, int(generator.integers(2**31)))
    temperature = rises / -math.log(FIRST_ACCEPTED)
    rms, sweeps = math.inf, 0
    while rms > wanted_rms and sweeps < most_sweeps:
        _sweep(state, counts, target, pairs, temperature, labels.size, int(generator.integers(2**31)))
        temperature *= COOLING
        rms, sweeps = math.sqrt((((counts - target) / pairs) ** 2).mean()), sweeps + 1
    return state, rms, sweeps


def _counts(labels, longest, phases):
    """Pairs of voxels of one phase by lag, all axes together, ``(phases, longest + 1)``."""
    counts = np.zeros((phases, longest + 1))
    for axis in range(3):
        lines = np.moveaxis(labels, axis, 0)
        for lag in range(longest + 1):
            for phase in range(phases):
                ends = (lines[lag:] == phase) & (lines[: len(lines) - lag] == phase)
                counts[phase, lag] += np.count_nonzero(ends)
    return counts


@numba.njit(cache=True)
def _turn(state, counts, z, y, x, new):
    """Give a voxel another phase, and the counts what changes."""
    old = state[z, y, x]
    for axis in range(3):
        at = (z, y, x)[axis]
        for lag in range(1, counts.shape[1]):
            for step in (-lag, lag):
                if 0 <= at + step < state.shape[axis]:
                    other = state[z + step * (axis == 0), y + step * (axis == 1), x + step * (axis == 2)]
                    if other == old:
                        counts[old, lag] -= 1
                    elif other == new:
                        counts[new, lag] += 1
    state[z, y, x] = new


@numba.njit(cache=True)
def _energy(counts, target, pairs):
    total = 0.0
    for phase in range(counts.shape[0]):
        for lag in range(counts.shape[1]):
            total += ((counts[phase, lag] - target[phase, lag]) / pairs[lag]) ** 2
    return total


@numba.njit(cache=True)
def _sweep(state, counts, target, pairs, temperature, trials, seed):
    """Try swaps of two voxels of different phases; the mean rise of those that rose."""
    np.random.seed(seed)  # noqa: NPY002
    depth, height, width = state.shape
    energy, rises, risen = _energy(counts, target, pairs), 0.0, 0
    for _ in range(trials):
        a = (np.random.randint(depth), np.random.randint(height), np.random.randint(width))  # noqa: NPY002
        b = (np.random.randint(depth), np.random.randint(height), np.random.randint(width))  # noqa: NPY002
        first, second = state[a], state[b]
        if first == second:
            continue
        _turn(state, counts, a[0], a[1], a[2], second)
        _turn(state, counts, b[0], b[1], b[2], first)
        other = _energy(counts, target, pairs)
        if other > energy:
            rises += other - energy
            risen += 1
        if other <= energy or (temperature > 0 and np.random.random() < np.exp((energy - other) / temperature)):  # noqa: NPY002
            energy = other
        else:
            _turn(state, counts, a[0], a[1], a[2], first)
            _turn(state, counts, b[0], b[1], b[2], second)
    return rises / max(risen, 1)
