"""Labels of fields whose volume fractions are held: one number per phase is added before the argmax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-4
"""Share of the volume by which a phase may miss its fraction."""
_SWEEPS = 100


def held_labels(fields: Sequence[NDArray[np.float32]], fractions: Sequence[float]) -> NDArray[np.uint8]:
    """The argmax of fields to which constants are added, such that every phase has its fraction.

    The constants are the minimum of a convex function (the dual of an assignment of voxels to phases,
    https://doi.org/10.1007/PL00009187); they are set one phase after the other, each exactly, until all hold.

    Args:
        fields: one array per phase, all of one shape, dimensionless; values that are equal cannot be parted.
        fractions: volume fraction of each phase, 0 or more, adding up to 1; a phase of 0 is absent.

    Returns:
        The labels, of the fields' shape: each phase within `TOLERANCE` of its fraction, or one voxel. Where no phase
        has half a voxel, the largest phase has all.
    """
    voxels = fields[0].size
    present = [phase for phase, fraction in enumerate(fractions) if round(fraction * voxels)]
    present = present or [int(np.argmax(fractions))]  # of a voxel or two, half of which no phase has
    counts = {phase: round(fractions[phase] * voxels) for phase in present}
    allowance = max(1.0, TOLERANCE * voxels)
    raised = {phase: fields[phase].reshape(-1) - fields[phase].mean() for phase in present}
    for _ in range(_SWEEPS if len(present) > 1 else 0):
        farthest = 0.0
        for phase in present:
            lead = raised[phase] - _highest([raised[other] for other in present if other != phase])
            farthest = max(farthest, float(abs(np.count_nonzero(lead > 0) - counts[phase])))
            raised[phase] -= _cut(lead, counts[phase])
        if farthest <= allowance:
            break
    order = np.array(present, np.uint8)
    winners = order[0] if len(present) == 1 else order[np.argmax(np.stack([raised[p] for p in present]), axis=0)]
    return np.broadcast_to(winners, voxels).reshape(fields[0].shape).astype(np.uint8)


def _highest(arrays: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    highest = arrays[0]
    for array in arrays[1:]:
        highest = np.maximum(highest, array)
    return highest


def _cut(lead: NDArray[np.float32], count: int) -> np.float32:
    """A number below the ``count`` largest values and above the others."""
    place = lead.size - count
    parted = np.partition(lead, [max(place - 1, 0), min(place, lead.size - 1)])
    return np.float32((parted[max(place - 1, 0)] + parted[min(place, lead.size - 1)]) / 2)
