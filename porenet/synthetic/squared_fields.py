"""Structures of any number of phases from Gaussian fields with a squared part, one field per phase."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import contacts
from porenet.errors import InputError, Wording, argument
from porenet.interface import Grid, Volume
from porenet.synthetic.gaussian_field import REACH, gaussian_field
from porenet.synthetic.held_fractions import held_labels
from porenet.synthetic.truth import OPEN, PHASES, box_of, random_numbers

LEAST_LENGTH = 0.5
"""Correlation length, in voxel edges, below which a field is white noise."""


def skewed_fields(
    shape: Sequence[int],
    *,
    voxel_um: float | Sequence[float],
    lengths_um: float | Sequence[float],
    skews: float | Sequence[float],
    fractions: Sequence[float],
    seed: int,
    surfaces: Mapping[str, float] | None = None,
    candidates: int = 1,
    periodic: Sequence[bool] = OPEN,
    phases: Sequence[str] = PHASES,
) -> Volume:
    """A structure like that of a real electrode, from one Gaussian field per phase: no network, no training.

    Field f of a phase has mean 0, variance 1 and covariance exp(-r^2 / 2 l^2), isotropic in um for any voxel. A voxel
    belongs to the phase of the largest f + c (f^2 - 1) + b, with constants b such that every phase has its fraction.
    The length l sets how fine a phase is. The skew c sets what its network is like, which fractions and two-point
    statistics do not: at 0 a phase is a sponge, above 0 grains that touch at points, so that its connectivity falls
    and its tortuosity rises. The phase that is the matrix has c = 0.

    Cost on one core: 36^3 of three phases 20 ms, 128^3 1 s, 20 bytes per voxel.

    Args:
        shape: ``(Z, Y, X)``, or ``(Y, X)`` of a section of such a structure, voxels.
        voxel_um: voxel edges (z, y, x), um.
        lengths_um: correlation length of each phase's field, um, or one for all; above half the longest voxel edge.
        skews: c of each phase, dimensionless, or one for all; -1 to 4 is the range that was tried.
        fractions: volume fraction of each phase, above 0, adding up to 1; each structure has them (to 1e-4).
        seed: seed of the fields, 0 or more; the same seed gives the same structure (with the same release of numpy).
        surfaces: surface area per volume that is asked for, by phase, um^-1, counted by voxel faces (`ssa` with
            ``estimator = "faces"``); needs ``candidates`` above 1.
        candidates: structures that are drawn for one; the one nearest to ``surfaces`` in squared relative error stays.
        periodic: per axis (z, y, x), whether the structure wraps; such an axis is at least 6 of the longest l long.
        phases: two phase names or more.

    Returns:
        The structure.

    Raises:
        InputError: an argument is not as described.
    """
    where = "synthetic.skewed_fields"
    grid, sizes = box_of(shape, voxel_um, periodic, phases, where)
    count = len(grid.phases)
    lengths = _of_each(lengths_um, count, "lengths_um", where)
    shifts = _of_each(skews, count, "skews", where)
    check_fractions(fractions, count, where)
    _check_lengths(lengths, grid, sizes, where)
    _check_choice(surfaces, candidates, grid, where)
    random_numbers(seed, where)
    seeds = np.random.SeedSequence(seed).spawn(candidates)
    drawn = (draw(grid, sizes, lengths, shifts, fractions, np.random.default_rng(child)) for child in seeds)
    if surfaces is None:
        return Volume(next(drawn), grid)
    aims = np.array([surfaces.get(name, math.nan) for name in grid.phases])
    return Volume(min(drawn, key=lambda labels: _distance(labels, grid, aims)), grid)


def draw(
    grid: Grid,
    sizes: tuple[int, int, int],
    lengths_um: Sequence[float],
    skews: Sequence[float],
    fractions: Sequence[float],
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Labels ``(Z, Y, X)`` of one structure; the arguments are those of `skewed_fields`, checked."""
    fields = []
    for length, skew in zip(lengths_um, skews, strict=True):
        field = np.empty(sizes, np.float32)
        parts = gaussian_field(sizes, voxel_um=grid.voxel_um, length_um=length, periodic=grid.periodic, rng=rng)
        for slab, values in parts:
            field[slab] = values + skew * (values * values - 1)
        fields.append(field)
    return held_labels(fields, fractions)


def surface_areas(labels: NDArray[np.uint8], grid: Grid) -> NDArray[np.float64]:
    """Area of the voxel faces of each phase that touch another, per volume, um^-1, ``(P,)``.

    Args:
        labels: ``(Z, Y, X)``.
        grid: its phases, voxel edges and periodic axes.
    """
    faces = contacts(labels, len(grid.phases), periodic=grid.periodic).faces.sum(axis=2)  # by axis and phase
    areas: NDArray[np.float64] = (faces / np.array(grid.voxel_um)[:, None]).sum(axis=0) / labels.size
    return areas


def check_fractions(fractions: Sequence[float], count: int, where: str) -> None:
    """Refuse fractions that no structure of these phases has.

    Raises:
        InputError: another number of them, one outside 0 to 1, another sum than 1.
    """
    each = list(fractions) if isinstance(fractions, Iterable) else []
    real = all(isinstance(fraction, Real) and 0 < fraction < 1 for fraction in each)
    if len(each) != count or not real or abs(sum(each) - 1) > 1e-6:
        raise InputError(
            f"{count} phases take {count} fractions above 0 that add up to 1, not {each or fractions}",
            where=argument("fractions", of=where),
        )


def _distance(labels: NDArray[np.uint8], grid: Grid, aims: NDArray[np.float64]) -> float:
    return float(np.nansum((surface_areas(labels, grid) / aims - 1) ** 2))


def _of_each(numbers: float | Sequence[float], count: int, name: str, where: str) -> tuple[float, ...]:
    each = tuple(numbers) if isinstance(numbers, Iterable) else (numbers,) * count
    if len(each) != count or not all(isinstance(number, Real) and math.isfinite(number) for number in each):
        raise InputError(
            f"one finite number, or one for each of the {count} phases, was expected, not {numbers!r}",
            where=argument(name, of=where),
        )
    return tuple(map(float, each))


def _check_lengths(lengths: Sequence[float], grid: Grid, sizes: Sequence[int], where: str) -> None:
    least = LEAST_LENGTH * max(grid.edges_um)
    box_um = [size * edge for size, edge in zip(sizes[-grid.dims :], grid.edges_um, strict=True)]
    for name, length in zip(grid.phases, lengths, strict=True):
        if not least < length <= 10 * max(box_um):
            raise InputError(
                f"{name} has {length:g} um; more than half the longest voxel edge, {least:g} um, and at most ten box "
                f"edges, {10 * max(box_um):g} um, was expected",
                where=Wording(f"{where}.lengths_um", "--shape"),  # `synthesize --fit` has no option for lengths
            )
        for axis, edge, wraps in zip(grid.axes, box_um, grid.wraps, strict=True):
            if wraps and edge < REACH * length * (1 - 1e-9):
                raise InputError(
                    f"the periodic axis {axis} is {edge:g} um long, less than {REACH:g} times the length {length:g} um "
                    f"of {name}",
                    where=Wording(f"{where}.lengths_um", "--periodic"),
                    fix=Wording(
                        f"Take at least {REACH * length:g} um along {axis}, an open axis, or a smaller length.",
                        f"Take at least {REACH * length:g} um along {axis} with --shape, or an open axis.",
                    ),
                )


def _check_choice(surfaces: Mapping[str, float] | None, candidates: int, grid: Grid, where: str) -> None:
    if type(candidates) is not int or candidates < 1:
        raise InputError(
            f"a whole number above 0 was expected, not {candidates!r}", where=argument("candidates", of=where)
        )
    if (surfaces is None) != (candidates == 1):
        raise InputError(
            "a choice among candidates needs the surface areas that are asked for"
            if surfaces is None
            else "surface areas are met by choosing among candidates, of which there is one",
            where=argument("candidates", of=where),
            fix=Wording("Give surfaces and candidates = 8, or neither.", "Leave out --candidates or --fractions."),
        )
    if not isinstance(surfaces, Mapping | None):
        raise InputError(
            f"an area, um^-1, by the name of each phase was expected, not {surfaces!r:.60}",
            where=argument("surfaces", of=where),
        )
    for name, area in (surfaces or {}).items():
        if name not in grid.phases or not 0 < area < math.inf:
            raise InputError(
                f"an area above 0, um^-1, by the name of a phase out of {', '.join(grid.phases)} was expected, not "
                f"{name!r}: {area!r}",
                where=argument("surfaces", of=where),
            )
