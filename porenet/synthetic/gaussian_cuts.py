"""Structures of two or three phases cut from Gaussian random fields."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import cast

import numpy as np

from porenet.errors import InputError, Wording, argument
from porenet.interface import Grid, Volume
from porenet.synthetic.gaussian_field import REACH, gaussian_field
from porenet.synthetic.truth import OPEN, PHASES, UNITS, Truth, box_of, random_numbers

_NORMAL = NormalDist()


def plurigaussian(
    shape: Sequence[int],
    *,
    voxel_um: float | Sequence[float],
    length_um: float,
    seed: int,
    thresholds: Sequence[float] | None = None,
    fractions: Sequence[float] | None = None,
    periodic: Sequence[bool] = OPEN,
    phases: Sequence[str] = PHASES,
) -> tuple[Volume, Truth]:
    """A structure of two or three phases cut from Gaussian random fields, and its exact ensemble means.

    Two independent fields Z1, Z2 of mean 0, variance 1 and covariance exp(-r^2 / 2 l^2), isotropic in um for any
    voxel, and thresholds a, b: the first phase is where Z1 > a, the second where Z1 <= a and Z2 > b, the third the
    rest. Two phases are cut from Z1 alone. With Phi the normal distribution function and
    S_a = (2 / pi l) exp(-a^2 / 2) the area of the surface Z1 = a per volume::

        VF    1 - Phi(a)             Phi(a) (1 - Phi(b))      Phi(a) Phi(b)
        DPB   AB = S_a (1 - Phi(b))  AC = S_a Phi(b)          BC = S_b Phi(a)
        TPB   exp(-(a^2 + b^2) / 2) / (pi l^2)

    by the co-area formula: the means of ``|grad Z1|``, 2 sqrt(2 / pi) / l, and of ``|grad Z1 x grad Z2|``, 2 / l^2,
    times the normal density at each threshold. They hold for the continuous structure; voxels resolve it where l is
    several voxel edges. A periodic axis is one period of the fields, and the covariance the sum over its images; an
    open axis is a part of a period longer by 6 l, so that its ends are independent: exp(-18) = 1.5e-8.

    A section of it, ``shape=(Y, X)``, has pi / 4 of these areas as perimeter per area and half of the length of triple
    line as triple points per area, as every plane of an isotropic structure has.

    Cost on one core: 256^3 at l = 6 voxels 0.4 s, 512^3 at l = 12 voxels 4 s and 0.5 GB with its labels.

    Args:
        shape: ``(Z, Y, X)``, or ``(Y, X)`` of a section, voxels; each at least 1.
        voxel_um: voxel edges (z, y, x), um.
        length_um: correlation length l, um; at most ten times the longest edge of the box.
        seed: seed of the fields, 0 or more; the same seed gives the same structure (with the same release of numpy).
        thresholds: (a, b), or (a,) for two phases, dimensionless. Give either these or ``fractions``.
        fractions: expected volume fraction of each phase, each above 0, adding up to 1.
        periodic: per axis (z, y, x), whether the structure wraps; such an axis is at least 6 l long.
        phases: two or three phase names, in the order above.

    Returns:
        The volume, and its truth: ``vf`` (1), ``ssa`` and ``dpb`` (um^-1, per total volume) and, with three phases,
        ``tpb`` (um^-2).

    Raises:
        InputError: an argument is not as described.
    """
    where = "synthetic.plurigaussian"
    grid, sizes, cuts = checked_cuts(shape, voxel_um, length_um, thresholds, fractions, periodic, phases, where)
    rng = random_numbers(seed, where)
    last = len(grid.phases) - 1
    labels = np.full(sizes, last, dtype=np.uint8)
    for label, cut in enumerate(cuts):
        field = gaussian_field(sizes, voxel_um=grid.voxel_um, length_um=length_um, periodic=grid.periodic, rng=rng)
        for slab, values in field:
            part = labels[slab]
            part[(part == last) & (values > cut)] = label
    truth = plurigaussian_truth(grid.phases, cuts, length_um)
    return Volume(labels, grid), truth if grid.dims == 3 else _of_section(truth)


def checked_cuts(
    shape: Sequence[int],
    voxel_um: float | Sequence[float],
    length_um: float,
    thresholds: Sequence[float] | None,
    fractions: Sequence[float] | None,
    periodic: Sequence[bool],
    phases: Sequence[str],
    where: str,
) -> tuple[Grid, tuple[int, int, int], tuple[float, ...]]:
    """Grid, box (Z, Y, X) and thresholds of a structure, from the arguments of `plurigaussian`.

    Raises:
        InputError: an argument is not as described there; ``where`` is the function that got it.
    """
    grid, sizes = box_of(shape, voxel_um, periodic, phases, where)
    if len(grid.phases) not in (2, 3):
        raise InputError(
            f"two or three phases were expected, not {len(grid.phases)}", where=argument("phases", of=where)
        )
    cuts = _cuts(thresholds, fractions, len(grid.phases), where)
    box_um = [size * edge for size, edge in zip(sizes[-grid.dims :], grid.edges_um, strict=True)]
    if not 0 < length_um <= 10 * max(box_um):
        raise InputError(
            f"a length above 0 and at most ten box edges, {10 * max(box_um):g} um, was expected, not {length_um!r}",
            where=argument("length_um", of=where),
        )
    for axis, edge, wraps in zip(grid.axes, box_um, grid.wraps, strict=True):
        if wraps and edge < REACH * length_um * (1 - 1e-9):
            raise InputError(
                f"the periodic axis {axis} is {edge:g} um long, less than {REACH:g} times the length {length_um:g} um",
                where=argument("length_um", of=where),
                fix="A field of shorter period has no closed form: take a longer or an open axis, or a smaller length.",
            )
    return grid, sizes, cuts


OF_SECTION = {"vf": 1.0, "ssa": math.pi / 4, "dpb": math.pi / 4, "tpb": 0.5}
"""What a plane section of an isotropic structure has, per what the structure has."""


def _of_section(truth: Truth) -> Truth:
    values = {
        metric: {key: value * OF_SECTION[metric] for key, value in by_key.items()}
        for metric, by_key in truth.values.items()
    }
    return Truth(truth.holds_for, values, truth.units)


def plurigaussian_truth(phases: Sequence[str], cuts: Sequence[float], length_um: float) -> Truth:
    """Means over all seeds, by the formulas of `plurigaussian`."""
    below = [_NORMAL.cdf(cut) for cut in cuts]
    surfaces = [2 / (math.pi * length_um) * math.exp(-cut * cut / 2) for cut in cuts]
    values: dict[str, dict[str, float]]
    if len(phases) == 2:
        first, second = phases
        values = {
            "vf": {first: 1 - below[0], second: below[0]},
            "ssa": {first: surfaces[0], second: surfaces[0]},
            "dpb": {f"{first}-{second}": surfaces[0]},
        }
    else:
        first, second, third = phases
        ab, ac, bc = surfaces[0] * (1 - below[1]), surfaces[0] * below[1], surfaces[1] * below[0]
        values = {
            "vf": {first: 1 - below[0], second: below[0] * (1 - below[1]), third: below[0] * below[1]},
            "ssa": {first: ab + ac, second: ab + bc, third: ac + bc},
            "dpb": {f"{first}-{second}": ab, f"{first}-{third}": ac, f"{second}-{third}": bc},
            "tpb": {"total": math.exp(-sum(cut * cut for cut in cuts) / 2) / (math.pi * length_um**2)},
        }
    return Truth("ensemble", values, {metric: UNITS[metric] for metric in values})


def _cuts(
    thresholds: Sequence[float] | None, fractions: Sequence[float] | None, phases: int, where: str
) -> tuple[float, ...]:
    if (thresholds is None) == (fractions is None):
        raise InputError(
            Wording("give either thresholds or fractions", "give either --thresholds or --fractions"),
            where=Wording(where, ""),
        )
    if thresholds is not None:
        if len(thresholds) != phases - 1 or not all(map(math.isfinite, thresholds)):
            raise InputError(
                f"{phases} phases take {phases - 1} finite thresholds, not {list(thresholds)}",
                where=argument("thresholds", of=where),
            )
        return tuple(map(float, thresholds))
    fractions = cast("Sequence[float]", fractions)
    if (
        len(fractions) != phases
        or not all(0 < fraction < 1 for fraction in fractions)
        or abs(sum(fractions) - 1) > 1e-6
    ):
        raise InputError(
            f"{phases} phases take {phases} fractions above 0 that add up to 1, not {list(fractions)}",
            where=argument("fractions", of=where),
        )
    # Each threshold cuts the share that the phases before it leave.
    left = [sum(fractions[phase:]) for phase in range(phases)]
    return tuple(_NORMAL.inv_cdf(left[phase + 1] / left[phase]) for phase in range(phases - 1))
