"""The triple-phase boundary as GAN-PH counted it; kept to reproduce its numbers."""

from __future__ import annotations

import math

import numpy as np
from porenet_estimators.neighbour_kernels import surrounded

from porenet.interface import Phase, Undefined, Value, Volume
from porenet_boundary.phase_triple import triple_labels


def tpb_voxel_count(volume: Volume, *, phase_triple: tuple[Phase, Phase, Phase] | None = None) -> dict[str, Value]:
    r"""Voxels whose six neighbours hold all three phases, times h^2, per volume N h^3.

    .. math:: T = \frac{n_3 \, h^2}{N \, h^3}

    The published form (https://github.com/Fangedan/GAN-PH), with n_3 the number of such voxels, N that of all, and h
    the edge of a voxel, um; only for comparison with published numbers. The length per volume is the metric `tpb`.
    ``active`` counts only neighbours in components that touch both z faces; the components wrap only where the grid
    does.

    Known defects. A count of voxels times an area per volume is um^-1; it was printed as um^-2. A voxel's own phase
    does not count, so a triple line is met by zero to four voxels. Opposite faces of the box are neighbours even where
    the grid is open.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        phase_triple: the three phases, required where the grid has more.

    Returns:
        ``total`` and ``active``, um^-1; `Undefined` on a grid of two phases, and for voxels that are not cubes, for
        which the published form has no h.

    Raises:
        InputError: ``phase_triple`` is missing, repeated or unknown.
    """
    triple = triple_labels(volume.grid, phase_triple, "tpb_voxel_count")
    edges_um = volume.grid.voxel_um
    if not isinstance(triple, Undefined) and not math.isclose(min(edges_um), max(edges_um), rel_tol=1e-6):
        triple = Undefined(f"the published count knows cubic voxels only, these are {edges_um} um")
    if isinstance(triple, Undefined):
        return {"total": triple, "active": triple}
    components = volume.opened("z")
    bits = np.zeros(len(components.phases), np.uint8)
    for i, label in enumerate(triple):
        bits[components.phases == label] = 1 << i
    bits |= np.where(components.spanning("z"), bits << 3, 0).astype(np.uint8)
    counts = surrounded(components.spread(bits), 0b000_111, 0b111_000, np.empty(volume.labels.shape[2], np.uint8))
    total, active = (float(count) / (volume.labels.size * edges_um[0]) for count in counts)
    return {"total": total, "active": active}
