"""Specific surface area: how much surface each phase has."""

from __future__ import annotations

from typing import Literal

from porenet_estimators.interfaces import crofton_densities, face_densities
from porenet_estimators.total_variation import total_variation

from porenet.contacts import voxels
from porenet.interface import Undefined, Value, Volume

Estimator = Literal["crofton", "faces", "tv"]
Per = Literal["volume", "phase"]


def specific_surface_area(volume: Volume, *, estimator: Estimator = "crofton", per: Per = "volume") -> dict[str, Value]:
    """Area of each phase's surface, per total volume (S_V) or per volume of the phase.

    Outer faces of the box are no surface. The estimators answer different questions, so a number is worth nothing
    without the name of its own. ``crofton`` counts crossings in 13 directions: 1.00 of the area on planes in random
    orientation, 0.93 on grid-aligned ones. ``faces`` is the exact area of the voxels' unlike faces: 1.5 times the real
    surface in random orientation, 1 on grid-aligned planes. ``tv`` is the total variation of the phase smoothed with a
    Gaussian of 1 voxel: 1.00 on planes in any orientation, low on features under about 5 voxels. For ``crofton`` and
    ``faces`` it is the sum of the phase's interface densities, the metric ``dpb``. Definition: S. Torquato, Random
    Heterogeneous Materials (2002), https://doi.org/10.1007/978-1-4757-6355-3.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        estimator: ``crofton``, ``faces`` or ``tv``.
        per: ``volume`` divides by the volume of the box, ``phase`` by that of the phase.

    Returns:
        Phase name -> um^-1. Per volume an absent phase has 0, per phase it is `Undefined`.

    Raises:
        InputError: ``crofton``, and one voxel edge is more than 1000 times another.
    """
    phases = volume.grid.phases
    if estimator == "tv":
        areas = [total_variation(volume, phase) for phase in phases]
    else:
        densities = (crofton_densities if estimator == "crofton" else face_densities)(volume)
        areas = [float(row.sum()) for row in densities]
    if per == "volume":
        return dict(zip(phases, areas, strict=True))
    fractions = (voxels(volume.labels, len(phases)) / volume.labels.size).tolist()
    return {
        phase: area / fraction if fraction > 0 else Undefined("phase absent")
        for phase, area, fraction in zip(phases, areas, fractions, strict=True)
    }
