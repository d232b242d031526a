"""Specific surface area: surface of each phase per total volume or per volume of the phase."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from porenet_estimators.heat import SIGMA, heat_densities
from porenet_estimators.interfaces import Counted, counted, densities, layer_without_area, pairs_needed
from porenet_estimators.total_variation import total_variations

from porenet.contacts import voxels
from porenet.interface import Grid, Undefined, Value, Volume
from porenet.slabs import About, Need, Summary, in_memory

Estimator = Literal["crofton", "faces", "tv", "heat", "guarded"]
Per = Literal["volume", "phase"]


def specific_surface_area(
    volume: Volume,
    *,
    estimator: Estimator = "crofton",
    per: Per = "volume",
    sigma: Annotated[float, Gt(0)] = SIGMA,
) -> dict[str, Value]:
    r"""Surface area of each phase, per total volume (S_V) or per volume of the phase.

    .. math:: S_V = \frac{1}{V} \int_{\partial c} dA

    Outer faces of the box do not count as surface. The estimators differ, so a value must be quoted with its estimator.
    ``crofton`` counts crossings in 13 directions: 1.00 of the area on planes in random orientation. ``faces`` is the
    exact area of the voxels' unlike faces. ``tv`` is the total variation of the phase smoothed with a Gaussian of the
    longest voxel edge: 1.00 on planes in any orientation. ``heat`` is what a Gaussian carries across the surface: 0.99
    on planes, at least 0.36 of the area by Crofton on a checkerboard. ``guarded`` gives both, as the loss ``ssa`` reads
    them. For ``crofton``, ``faces`` and ``heat`` it is the sum of the phase's interface densities, the metric ``dpb``.
    Definition: S. Torquato, Random Heterogeneous Materials (2002), https://doi.org/10.1007/978-1-4757-6355-3.

    Known defects. ``crofton`` reads 0.93 on grid-aligned planes; where voxels are not cubes see
    `porenet_estimators.interfaces.crofton_range`. ``faces`` reads 1.5 times the real surface in random orientation, 1
    on grid-aligned planes. ``tv`` reads low on features under about 5 voxels and is blind to voxel-fine speckle.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        estimator: ``crofton``, ``faces``, ``tv``, ``heat`` or ``guarded``.
        per: ``volume`` divides by the volume of the box, ``phase`` by that of the phase.
        sigma: standard deviation of the Gaussian of ``heat`` and ``guarded``, longest voxel edges.

    Returns:
        Phase name -> um^-1; with ``guarded`` (``tv``) also ``NAME.heat_2``, with the width for 2. Per volume an absent
        phase has 0, per phase it is `Undefined`, as is ``crofton`` in a single layer, or line of pixels. Of a section
        it is perimeter per area, with ``crofton`` in four directions.

    Raises:
        InputError: with ``crofton``, one voxel edge is more than 1000 times another.
    """
    if estimator in ("crofton", "faces"):
        return in_memory(BY_SLABS, volume, estimator=estimator, per=per)
    phases = volume.grid.phases
    areas = dict(zip(phases, _areas(volume, "heat" if estimator == "heat" else "tv", sigma), strict=True))
    if estimator == "guarded":
        heat = _areas(volume, "heat", sigma)
        areas |= {f"{phase}.heat_{sigma:g}": area for phase, area in zip(phases, heat, strict=True)}
    if per == "volume":
        return dict(areas)
    return _per_phase(areas, voxels(volume.labels, len(phases)) / volume.labels.size)


def _per_phase(areas: Mapping[str, float], fractions: NDArray[np.float64]) -> dict[str, Value]:
    """Areas per total volume as areas per volume of the phase; they come phase by phase, once or more."""
    shares = fractions.tolist()
    share_of = dict(zip(areas, shares * (len(areas) // len(shares)), strict=True))
    return {
        key: area / share_of[key] if share_of[key] > 0 else Undefined("phase absent") for key, area in areas.items()
    }


def _areas(volume: Volume, estimator: Literal["tv", "heat"], sigma: float) -> list[float]:
    """Surface density of each phase, um^-1, per total volume."""
    if estimator == "tv":
        return [float(area) for area in total_variations(volume)]
    return [float(row.sum()) for row in heat_densities(volume, sigma)]


@functools.cache
def _needed(estimator: Counted) -> Need:
    return pairs_needed(estimator) | Need(voxels=True)


class SurfacesBySlabs:
    """Surface areas from pairs of voxels."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """The unlike pairs, and the voxels.

        Raises:
            InputError: an estimator that does not count pairs.
        """
        return _needed(counted(params["estimator"], "ssa"))

    def finish(self, state: Summary, about: About, params: Mapping[str, Any]) -> dict[str, Value]:
        """The surfaces, per volume of the box or of the phase."""
        thin = layer_without_area(about) if params["estimator"] == "crofton" else None
        if thin:
            return dict.fromkeys(about.grid.phases, thin)
        sums = densities(state, params["estimator"]).sum(axis=1).tolist()
        areas: dict[str, float] = dict(zip(about.grid.phases, sums, strict=True))
        return dict(areas) if params["per"] == "volume" else _per_phase(areas, state.voxels / math.prod(about.shape))


BY_SLABS = SurfacesBySlabs()
