"""Fit of skewed fields to real volumes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.errors import InputError, Wording, argument
from porenet.interface import AXES, Axis, Grid, Volume
from porenet.synthetic.field_windows import Windows, mean_connectivity, measured_windows
from porenet.synthetic.fitted_fields import SHORTEST_LENGTH, SKEWS, FittedFields
from porenet.synthetic.squared_fields import draw, surface_areas
from porenet.synthetic.truth import random_numbers

STRUCTURES = 40
"""Structures drawn in each round."""
_LENGTHS_ACROSS = 3.0
"""Correlation lengths that a window must hold at least."""
_FIRST_LENGTH, _FIRST_SKEW = 5.0, 0.5
_LENGTH_GAIN, _SKEW_GAIN = 0.6, 1.2
_STEPS_AT_FULL_GAIN = 6


def fit_skewed_fields(
    volumes: Volume | Sequence[Volume],
    *,
    window: Sequence[int] | None = None,
    axis: Axis = "z",
    rounds: int = 16,
    structures: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> FittedFields:
    """Fit the lengths and skews of `skewed_fields` to real volumes, without gradients.

    Each round draws structures with the fractions of real windows. A length grows where the mean surface area is too
    large, a skew where the phase is joined too often from face to face; the steps fall as 1 / (1 + i / 6) (stochastic
    approximation, https://doi.org/10.1214/aoms/1177729586) and the second half of the rounds is averaged. The phase
    with the largest fraction is the matrix and keeps a skew of 0. Gradients through an argmax do not see that moving
    a field cuts a neck: they drive the skews the wrong way.

    What the fit does not see: triple lines, tortuosity, anisotropy of the structure (a field is isotropic in um).

    Cost on one core: 36^3 windows of three phases, 640 structures, 25 s.

    Args:
        volumes: one volume or several on one grid, of two phases or more.
        window: ``(Z, Y, X)`` of the boxes that are compared, voxels; default: whole volumes if there are several, else
            cubes of a third of the shortest edge. All windows are used, evenly: leaving some out shifts the skews.
        axis: the axis along which a phase is joined from face to face.
        rounds: steps of the fit, 2 or more.
        structures: structures drawn in each; default: 40.
        seed: seed of the fit, 0 or more.
        progress: called after each round with its number and the number of all.

    Raises:
        InputError: a phase is absent, the volumes are sections or on several grids, the window does not fit or is
            shorter than three of the correlation lengths that the fit arrives at, or another argument is not as
            described.
    """
    where = "synthetic.fit_skewed_fields"
    bodies = list(volumes) if isinstance(volumes, Iterable) else [volumes]
    grid = _grid_of(bodies, where)
    if axis not in AXES:
        raise InputError(f"z, y or x was expected, not {axis!r}", where=argument("axis", of=where))
    structures = STRUCTURES if structures is None else structures
    for name, number, least in (("rounds", rounds, 2), ("structures", structures, 1)):
        if type(number) is not int or number < least:
            raise InputError(
                f"a whole number, {least} or more, was expected, not {number!r}", where=argument(name, of=where)
            )
    random_numbers(seed, where)
    real = measured_windows(bodies, window, axis, where)
    aim = real.surfaces.mean(axis=0)
    for name, area in zip(grid.phases, aim, strict=True):
        if not area > 0:
            raise InputError(f"{name} has no surface in the volumes: nothing can be fitted to it", where=where)
    edge = max(grid.voxel_um)
    longest = min(size * side for size, side in zip(real.shape, grid.voxel_um, strict=True)) / _LENGTHS_ACROSS
    if longest < SHORTEST_LENGTH * edge:
        raise InputError(
            f"windows of {'x'.join(map(str, real.shape))} voxels are {longest * _LENGTHS_ACROSS:.3g} um thin, less "
            f"than {_LENGTHS_ACROSS:g} times the longest voxel edge of {edge:g} um: nothing in them has a shape",
            where=argument("window", of=where),
            fix="Take larger windows, or voxels whose edges are more alike.",
        )
    lengths = np.full(len(grid.phases), min(_FIRST_LENGTH * edge, longest))
    free = np.arange(len(grid.phases)) != real.fractions.mean(axis=0).argmax()
    skews = np.where(free, _FIRST_SKEW, 0.0)
    seeds = np.random.SeedSequence(seed).spawn(rounds)
    trail = []
    for step in range(rounds):
        surfaces, connectivity = _round(
            grid, real, axis, lengths, skews, structures, np.random.default_rng(seeds[step])
        )
        if step >= rounds // 2:
            trail.append((lengths, skews, surfaces / aim, connectivity))
        gain = 1 / (1 + step / _STEPS_AT_FULL_GAIN)
        lengths = np.clip(lengths * (1 + _LENGTH_GAIN * gain * (surfaces / aim - 1)), SHORTEST_LENGTH * edge, longest)
        moved = skews + _SKEW_GAIN * gain * (connectivity - real.connectivity)
        skews = np.where(free, np.clip(moved, *SKEWS), 0.0)
        if progress is not None:
            progress(step + 1, rounds)
    mean_lengths, mean_skews, ratios, joined = (np.mean(part, axis=0) for part in zip(*trail, strict=True))
    _refuse_large_features(mean_lengths, longest, grid, real.shape, where)
    return FittedFields(
        grid.phases,
        grid.voxel_um,
        _rounded(mean_lengths),
        _rounded(mean_skews),
        real.shape,
        axis,
        tuple(map(tuple, real.fractions.tolist())),  # as they are: rounded ones would not add up to 1
        tuple(map(_rounded, real.surfaces)),
        (_rounded(real.connectivity), _rounded(joined)),
        _rounded(ratios),
        seed,
    )


def _round(
    grid: Grid,
    real: Windows,
    axis: Axis,
    lengths: NDArray[np.float64],
    skews: NDArray[np.float64],
    structures: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean surface areas, um^-1, and mean connectivity of structures with the fractions of windows, each ``(P,)``."""
    opened = Grid(grid.phases, grid.voxel_um)
    # Each window as often as the others, as far as the number of structures allows: less scatter than by chance.
    rows = np.concatenate([rng.permutation(len(real.fractions)) for _ in range(-(-structures // len(real.fractions)))])
    numbers = lengths.tolist(), skews.tolist()
    boxes = [draw(opened, real.shape, *numbers, real.fractions[row].tolist(), rng) for row in rows[:structures]]
    areas = np.mean([surface_areas(box, opened) for box in boxes], axis=0)
    return areas, mean_connectivity(boxes, len(grid.phases), axis)


def _grid_of(volumes: Sequence[Any], where: str) -> Grid:
    if not volumes or not all(isinstance(volume, Volume) for volume in volumes):
        raise InputError(
            "a volume was expected, or several",
            where=Wording(f"{where}.volumes", "--fit"),
            fix=Wording("porenet.Volume.from_array makes one of an array.", ""),
        )
    grid: Grid = volumes[0].grid
    grid.refuse_section("Skewed fields are fitted to the connectivity of")
    if any(volume.grid != grid for volume in volumes):
        raise InputError("all volumes must have one grid", where=Wording(f"{where}.volumes", "--fit"))
    present = np.zeros(len(grid.phases), bool)
    for volume in volumes:
        present |= np.bincount(volume.labels.ravel(), minlength=len(grid.phases)) > 0
    absent = [name for name, held in zip(grid.phases, present, strict=True) if not held]
    if absent:
        raise InputError(
            f"the volumes hold no {', '.join(absent)}: nothing can be fitted to it",
            where=Wording(f"{where}.volumes", "--fit"),
            fix="Name only the phases that they hold; two at least.",
        )
    return grid


def _refuse_large_features(
    lengths: NDArray[np.float64], longest: float, grid: Grid, shape: Sequence[int], where: str
) -> None:
    for name, length in zip(grid.phases, lengths, strict=True):
        if length > 0.98 * longest:
            raise InputError(
                f"{name} is too coarse for windows of {'x'.join(map(str, shape))} voxels: they hold no three of its "
                f"correlation lengths ({length:.3g} um)",
                where=argument("window", of=where),
                fix="Take larger windows or a larger volume.",
            )


def _rounded(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(f"{number:.6g}") for number in numbers)
