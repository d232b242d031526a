"""Components and what touches a face by cc3d and by scipy, each as fast as its package allows.

cc3d takes label 0 for background, so a phase is asked for as a mask, and all phases as labels from 1 on, which whoever
calls makes beforehand. Components are looked up layer by layer: at once numpy makes indices of 8 bytes per voxel first,
half of the time at 256^3 and three quarters at 512^3. scikit-image's label is left out: on
every structure and size it took at least as long as scipy's.
"""

from __future__ import annotations

import itertools
from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Labels = NDArray[np.uint8]
Ids = NDArray[np.integer[Any]]


def reachable_by_cc3d(labels: Labels, phase: int) -> NDArray[np.bool_]:
    """The voxels of a phase that are joined to z_min."""
    ids, count = cc3d.connected_components(labels == phase, connectivity=6, return_N=True)
    touching = np.zeros(count + 1, np.bool_)
    touching[ids[0]] = True
    touching[0] = False
    return looked_up(touching, ids)


def reachable_by_scipy(labels: Labels, phase: int) -> NDArray[np.bool_]:
    """The same."""
    ids, count = ndimage.label(labels == phase)
    touching = np.zeros(count + 1, np.bool_)
    touching[ids[0]] = True
    touching[0] = False
    return looked_up(touching, ids)


def looked_up(table: NDArray[Any], ids: Ids) -> NDArray[Any]:
    """``table[ids]``, in layers that stay in the cache; "clip" spares numpy a buffer."""
    values = np.empty(ids.shape, table.dtype)
    for layer, of_layer in zip(ids, values, strict=True):
        np.take(table, layer, out=of_layer, mode="clip")
    return values


def components_by_cc3d(labels_from_1: Labels) -> tuple[Ids, int]:
    """Components of all phases in one call, numbered from 1, and how many."""
    ids, count = cc3d.connected_components(labels_from_1, connectivity=6, return_N=True)
    return ids, count


def components_by_scipy(labels: Labels, phases: int) -> list[tuple[Ids, int]]:
    """Components of each phase, numbered from 1 with 0 elsewhere, and how many."""
    return [ndimage.label(labels == phase) for phase in range(phases)]


def z_faces_by_cc3d(labels_from_1: Labels) -> NDArray[np.uint8]:
    """Bit 0 where a voxel's component touches z_min, bit 1 where it touches z_max."""
    ids, count = components_by_cc3d(labels_from_1)
    return looked_up(_z_faces(ids, count), ids)


def z_faces_by_scipy(labels: Labels, phases: int) -> NDArray[np.uint8]:
    """The same, phase by phase."""
    found = np.zeros(labels.shape, np.uint8)
    for ids, count in components_by_scipy(labels, phases):
        touching = _z_faces(ids, count)
        touching[0] = 0
        found |= looked_up(touching, ids)
    return found


def same_partition(ids: Ids, count: int, others: Ids, other_count: int) -> bool:
    """Whether two numberings (from any number on, without gaps) divide the volume alike."""
    match = np.zeros(int(ids.max()) + 1, others.dtype)
    match[ids] = others
    return count == other_count and bool((np.take(match, ids) == others).all())


def joined_ids(found: list[tuple[Ids, int]]) -> tuple[Ids, int]:
    """The components of every phase in one array, numbered from 1, and how many."""
    offsets = itertools.accumulate((count for _, count in found), initial=0)
    ids = sum(
        np.where(ids > 0, ids.astype(np.int64) + offset, 0) for (ids, _), offset in zip(found, offsets, strict=False)
    )
    return ids, sum(count for _, count in found)


def _z_faces(ids: Ids, count: int) -> NDArray[np.uint8]:
    touching = np.zeros(count + 1, np.uint8)
    touching[ids[0]] |= 0b01
    touching[ids[-1]] |= 0b10
    return touching
