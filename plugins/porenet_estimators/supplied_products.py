"""Three phases of a slab: the masks of all their voxels, and of those that are supplied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from porenet_estimators.gaussian_slabs import Field, Mask, Slab

PARTS = ("total", "possible", "active")
"""Of all voxels of the phases, of those that are supplied or may be, and of those that are."""
SUPPLY_BITS = (0, 0b01_000, 0b10_000)
"""Bit of each part in the marks of a voxel; see `porenet_boundary.activity.supply_marks`."""


def phase_masks(slab: Slab) -> list[Mask]:
    """The voxels of the three phases among those that a slab of marks depends on; none if one is absent."""
    masks = [slab.near & np.uint8(1 << phase) != 0 for phase in range(3)]
    return masks if all(mask.any() for mask in masks) else []


def supplied_fields(slab: Slab, masks: Sequence[Mask]) -> tuple[Field, list[list[int]]]:
    """The smoothed voxels that count in each of `PARTS`, where they are not all of a phase.

    Args:
        slab: of marks.
        masks: `phase_masks` of it.

    Returns:
        The smoothed fields, ``(K, layers, Y, X)``, and for each part after the first what stands for each phase: a
        number below 3 is a whole phase, 3 the first of the fields.
    """
    counted: list[Mask] = []
    rows = []
    for bit in SUPPLY_BITS[1:]:
        row = []
        for phase, mask in enumerate(masks):
            supplied = mask & (slab.near & np.uint8(bit) != 0)
            if np.array_equal(supplied, mask):
                row.append(phase)
            else:
                row.append(3 + len(counted))
                counted.append(supplied)
        rows.append(row)
    return slab.smooth(counted) if counted else np.zeros((0, *slab.own.shape), np.float32), rows
