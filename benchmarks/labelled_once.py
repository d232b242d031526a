"""The standard analysis as a careful author writes it with numpy and scipy: each phase is labelled once.

Faces and edges are counted on slices, which copy nothing, and phases are bits of bytes, so that one OR serves all of
them; components are looked up in a table by their number. Its numbers equal those of `published_analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Bits = NDArray[np.uint8]


def analyse(
    labels: NDArray[np.uint8], phases: Sequence[str], voxel_um: tuple[float, float, float]
) -> Mapping[tuple[str, str], float]:
    """Volume fractions, surface areas, connectivity along z, triple-phase boundary.

    Args:
        labels: ``(Z, Y, X)``, below the number of phases.
        phases: names of the labels, at most eight.
        voxel_um: voxel edges (z, y, x), um.

    Returns:
        (metric, key) -> value, in the names and units of porenet's metrics.
    """
    counts = np.bincount(labels.reshape(-1), minlength=len(phases))
    areas = surface_areas(labels, len(phases), voxel_um)
    bits = np.left_shift(np.uint8(1), labels)
    crossing = np.zeros_like(bits)
    values: dict[tuple[str, str], float] = {}
    for label, phase in enumerate(phases):
        joined = crossing_voxels(labels == label)
        crossing |= bits * joined
        values["vf", phase] = float(counts[label] / labels.size)
        values["ssa", phase] = float(areas[label])
        values["connectivity", phase] = float(np.count_nonzero(joined) / max(counts[label], 1))
    values["tpb", "total"] = triple_lines(bits, voxel_um)
    values["tpb", "active"] = triple_lines(crossing, voxel_um)
    return values


def surface_areas(labels: NDArray[np.uint8], phases: int, voxel_um: tuple[float, float, float]) -> NDArray[np.float64]:
    """``(P,)``: area of the faces between each phase and the others, per total volume, um^-1."""
    areas = np.zeros(phases)
    for axis, edge_um in enumerate(voxel_um):
        along = np.moveaxis(labels, axis, 0)
        here, there = along[:-1], along[1:]
        unlike = here != there
        faces = np.bincount(here[unlike], minlength=phases) + np.bincount(there[unlike], minlength=phases)
        areas += faces / (labels.size * edge_um)
    return areas


def crossing_voxels(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The voxels of a phase in components that touch both z faces."""
    ids, count = ndimage.label(mask)
    first, last = np.zeros(count + 1, bool), np.zeros(count + 1, bool)
    first[ids[0]], last[ids[-1]] = True, True
    first[0] = False
    crossing: NDArray[np.bool_] = (first & last)[ids]
    return crossing


def triple_lines(bits: Bits, voxel_um: tuple[float, float, float]) -> float:
    """Length of the voxel edges round which three phases meet, per volume, um^-2."""
    length = 0.0
    for direction in range(3):
        first, second = (axis for axis in range(3) if axis != direction)
        along = np.moveaxis(bits, (first, second), (0, 1))
        beside = along[:-1] | along[1:]
        around = beside[:, :-1] | beside[:, 1:]
        length += np.count_nonzero(around == 0b111) / (bits.size * voxel_um[first] * voxel_um[second])
    return float(length)
