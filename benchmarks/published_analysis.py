"""The standard analysis of electrodes as it is published: masks, np.roll, scipy's label, np.isin, volume by volume.

A re-implementation of how such scripts are written, after the metrics' own definitions, so that its numbers equal
porenet's on open volumes. Wrapped layers are cut off; components are labelled anew wherever they are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]


def analyse(
    labels: NDArray[np.uint8], phases: Sequence[str], voxel_um: tuple[float, float, float]
) -> Mapping[tuple[str, str], float]:
    """Volume fractions, surface areas, connectivity along z, triple-phase boundary.

    Args:
        labels: ``(Z, Y, X)``.
        phases: names of the three labels.
        voxel_um: voxel edges (z, y, x), um.

    Returns:
        (metric, key) -> value, in the names and units of porenet's metrics.
    """
    masks = {phase: labels == label for label, phase in enumerate(phases)}
    found: dict[tuple[str, str], float] = {}
    for phase, mask in masks.items():
        found["vf", phase] = float(mask.mean())
        found["ssa", phase] = surface_area(mask, voxel_um)
        found["connectivity", phase] = connectivity(mask)
    found["tpb", "total"] = triple_line(list(masks.values()), voxel_um)
    found["tpb", "active"] = triple_line([crossing(mask) for mask in masks.values()], voxel_um)
    return found


def surface_area(mask: Mask, voxel_um: tuple[float, float, float]) -> float:
    """Area of the faces between a phase and the others, per total volume, um^-1."""
    area = 0.0
    for axis, edge_um in enumerate(voxel_um):
        unlike = mask ^ np.roll(mask, 1, axis)
        area += unlike[_inside(axis)].sum() / (mask.size * edge_um)
    return float(area)


def connectivity(mask: Mask) -> float:
    """Share of a phase in components that touch both z faces; 0 for an absent one."""
    return float(crossing(mask).sum() / max(mask.sum(), 1))


def crossing(mask: Mask) -> Mask:
    """The voxels of a phase in components that touch both z faces."""
    ids, _ = ndimage.label(mask)
    both = np.intersect1d(ids[0], ids[-1])
    return np.isin(ids, both[both > 0])


def triple_line(masks: Sequence[Mask], voxel_um: tuple[float, float, float]) -> float:
    """Length of the voxel edges whose four voxels hold a voxel of each mask, per volume, um^-2."""
    length = 0.0
    for direction in range(3):
        first, second = (axis for axis in range(3) if axis != direction)
        around = []
        for mask in masks:
            either = mask | np.roll(mask, 1, first)
            around.append(either | np.roll(either, 1, second))
        met = around[0] & around[1] & around[2]
        across_um2 = voxel_um[first] * voxel_um[second]
        length += met[_inside(first)][_inside(second)].sum() / (met.size * across_um2)
    return float(length)


def _inside(axis: int) -> tuple[slice, ...]:
    """Without the layer that np.roll brought round."""
    return tuple(slice(1, None) if i == axis else slice(None) for i in range(3))
