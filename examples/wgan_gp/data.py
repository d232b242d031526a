"""Training and held-out structures: uint8 labels in memory, one-hot only on the device and batch by batch."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from porenet import synthetic
from porenet.interface import Grid

from .cutting import cut
from .data_tables import SyntheticData
from .settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Structures:
    """What a run is trained on and compared with.

    Attributes:
        training: ``(N, Z, Y, X)`` uint8 labels in the order of ``grid.phases``.
        held_out: ``(M, Z, Y, X)``, never trained on.
        training_origins: where each was cut from, ``{"source": ..., "corner": [z, y, x]}`` (voxels); empty if not cut.
        held_out_origins: likewise.
        grid: phases, voxel edges (um), boundaries.
        name: what they are, in one line.
        fingerprint: SHA-256 of both sets and the grid, in hexadecimal.
        disjoint: how many of each set do not overlap: the independent ones at best.
        symmetries: ways of turning a structure that keep z, 1 for none.
    """

    training: Tensor
    held_out: Tensor
    training_origins: list[dict[str, Any]]
    held_out_origins: list[dict[str, Any]]
    grid: Grid
    name: str
    fingerprint: str
    disjoint: tuple[int, int]
    symmetries: int

    @property
    def size(self) -> tuple[int, int, int]:
        """Of a structure, (Z, Y, X) voxels."""
        z, y, x = self.training.shape[1:]
        return z, y, x


def load_structures(settings: Settings) -> Structures:
    """Make or read the structures of a run.

    Raises:
        InputError: a volume cannot be read, does not match ``[grid]``, or is too small.
    """
    data, grid = settings.data, settings.run.grid
    if isinstance(data, SyntheticData):
        training, held_out = _synthetic(data, grid)
        origins: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
        disjoint = (len(training), len(held_out))
        name = f"synthetic plurigaussian electrodes, l = {data.length_um:g} um, seed {data.seed}"
    else:
        training, held_out, origins, disjoint, name = cut(data, settings)
    name += f": {len(training)} training ({disjoint[0]} disjoint) and {len(held_out)} held-out ({disjoint[1]} disjoint)"
    alike = grid.voxel_um[1] == grid.voxel_um[2] and grid.periodic[1] == grid.periodic[2]
    return Structures(
        torch.from_numpy(training),
        torch.from_numpy(held_out),
        *origins,
        grid=grid,
        name=f"{name} cubes of {data.size}^3",
        fingerprint=_fingerprint(training, held_out, grid),
        disjoint=disjoint,
        symmetries=(8 if alike else 4) if data.symmetries else 1,
    )


def one_hot(labels: Tensor, phases: int, device: torch.device | str | None = None) -> Tensor:
    """Labels ``(B, Z, Y, X)``, moved as bytes and spread out on the device: ``(B, P, Z, Y, X)`` float32."""
    labels = labels.to(device, non_blocking=True).unsqueeze(1)
    return (labels == torch.arange(phases, dtype=torch.uint8, device=labels.device).view(-1, 1, 1, 1)).float()


def _synthetic(data: SyntheticData, grid: Grid) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    cubes = [
        synthetic.plurigaussian(
            (data.size,) * 3,
            voxel_um=grid.voxel_um,
            length_um=data.length_um,
            fractions=data.fractions,
            periodic=grid.periodic,
            phases=grid.phases,
            seed=data.seed + number,
        )[0].labels
        for number in range(data.count + data.held_out)
    ]
    return np.stack(cubes[: data.count]), np.stack(cubes[data.count :])


def _fingerprint(training: NDArray[np.uint8], held_out: NDArray[np.uint8], grid: Grid) -> str:
    digest = hashlib.sha256(repr(dataclasses.astuple(grid)).encode())
    for cubes in (training, held_out):
        digest.update(repr(cubes.shape).encode())
        digest.update(np.ascontiguousarray(cubes))
    return digest.hexdigest()
