"""A start from a reconstruction of half the resolution: its long waves cost an eighth of a step."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from numpy.typing import NDArray

from porenet.errors import InputError, argument
from porenet.interface import Volume

MORE_STEPS = 3
"""Steps of the coarse reconstruction per step of the fine one."""
CLARITY, NOISE = 2.0, 0.2
"""Logits of a phase that is certain in the coarse structure, and what the fine spectral start weighs beside them."""


def check_halves(shape: tuple[int, int, int], volume: Volume) -> None:
    """Check that the result and the original can be halved.

    Raises:
        InputError: a side of either is odd, or shorter than 4, or a phase is too fine for half the resolution.
    """
    for name, sides in {"the result": shape, "the original": volume.labels.shape}.items():
        if any(side % 2 or side < 4 for side in sides):
            raise InputError(
                f"a coarse start needs even sides of 4 voxels or more, and {name} has {' x '.join(map(str, sides))}",
                where=argument("start"),
                fix="Cut a layer off, or choose the spectral start.",
            )
    lost = set(np.unique(volume.labels).tolist()) - set(np.unique(coarsened(volume).labels).tolist())
    if lost:
        names = ", ".join(volume.grid.phases[label] for label in sorted(lost))
        raise InputError(
            f"at half the resolution nothing is left of {names}",
            where=argument("start"),
            fix="Choose the spectral start.",
        )


def coarsened(volume: Volume) -> Volume:
    """The majority of each 2 x 2 x 2 voxels, on a grid of twice the edges; of equal numbers the lower label.

    Args:
        volume: even sides.
    """
    counts = np.zeros((len(volume.grid.phases), *(side // 2 for side in volume.labels.shape)), dtype=np.uint8)
    for first in np.ndindex(2, 2, 2):
        part = volume.labels[first[0] :: 2, first[1] :: 2, first[2] :: 2]
        for phase in range(len(counts)):
            counts[phase] += part == phase
    z, y, x = (2 * edge for edge in volume.grid.voxel_um)
    return Volume(counts.argmax(axis=0).astype(np.uint8), dataclasses.replace(volume.grid, voxel_um=(z, y, x)))


def refined(coarse: Volume, spectral: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits of twice the resolution: the coarse structure, interpolated, and some of a fine start.

    Args:
        coarse: ``(Z, Y, X)``.
        spectral: logits of a start of twice the shape, ``(P, 2 Z, 2 Y, 2 X)``.

    Returns:
        Of the shape of the latter.
    """
    masks = np.stack([coarse.labels == phase for phase in range(len(spectral))]).astype(np.float32)
    smooth = torch.nn.functional.interpolate(torch.from_numpy(masks)[None], size=spectral.shape[1:], mode="trilinear")
    field: NDArray[np.float32] = CLARITY * smooth[0].numpy() + NOISE * spectral
    return field
