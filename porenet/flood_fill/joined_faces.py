"""Voxels of a volume by the faces that their components touch: counted by phase, and marked a bit each."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill.axes import FACES
from porenet.flood_fill.bit_words import ALL
from porenet.flood_fill.labelling import Components

SETS = 1 << len(FACES)
"""Number of sets of faces."""


def joined_faces(
    components: Components, phases: int, kinds: NDArray[np.uint64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Count the voxels of each phase by the faces that their components touch, and mark those of two kinds.

    It takes one pass over the runs, and no memory per component.

    Args:
        components: of a volume.
        phases: how many there are; each label is below that.
        kinds: from `kinds_by_code`, of as many phases; None: no voxels are marked.

    Returns:
        ``(P, 64)`` int64 voxels, and ``(2, Z * Y * W)`` uint64, bits of the voxels of each kind, W words of 64 voxels
        for each row; bits beyond the end of a row are not defined.
    """
    table = _no_kinds(phases) if kinds is None else kinds
    voxels, words = components._runs.tally(table, components.touches, marked=kinds is not None)
    return voxels[: phases * SETS].reshape(phases, SETS), words


def kinds_by_code(kinds: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Two kinds of voxels as the kernel reads them.

    Args:
        kinds: ``(2, P, 64)`` bool, whether voxels of a phase whose component touches a set of faces (bit i for
            ``FACES[i]``) are of the first kind, and of the second.

    Returns:
        ``(2, N)`` uint64, see `porenet.flood_fill.runs.Runs.tally`.
    """
    _, phases, _ = kinds.shape
    table = np.zeros((2, SETS << (phases - 1).bit_length()), np.uint64)
    table[:, : phases * SETS] = np.where(kinds.reshape(2, -1), ALL, 0)
    return table


@functools.cache
def _no_kinds(phases: int) -> NDArray[np.uint64]:
    return kinds_by_code(np.zeros((2, phases, SETS), np.bool_))
