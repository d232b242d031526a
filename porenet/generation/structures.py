"""Training and held-out structures: uint8 labels in memory, one-hot only on the device and batch by batch."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from porenet import formats
from porenet.errors import InputError, counted
from porenet.generation.cubes import CubeRules, Cubes, cut_cubes
from porenet.interface import Grid, Volume


@dataclass(frozen=True, slots=True, eq=False)
class Structures:
    """What a generator is trained on and compared with.

    Attributes:
        training: ``(N, Z, Y, X)`` uint8 labels in the order of ``grid.phases``.
        held_out: ``(M, Z, Y, X)``, never trained on.
        training_origins: where each was cut from, ``{"source": ..., "corner": [z, y, x]}`` (voxels); empty if not cut.
        held_out_origins: likewise.
        grid: phases, voxel edges (um), boundaries.
        name: what they are, in one line.
        fingerprint: SHA-256 of both sets and the grid, in hexadecimal.
        disjoint: how many of each set do not overlap: the independent ones at best.
        symmetries: ways of turning a structure that keep z, 1 for none; see `turned`.
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

    def described(self) -> dict[str, Any]:
        """Name, fingerprint and number of disjoint structures, JSON-ready."""
        disjoint = dict(zip(("training", "held_out"), self.disjoint, strict=True))
        return {"name": self.name, "fingerprint": self.fingerprint, "disjoint": disjoint}


def cut_structures(
    volumes: Sequence[Volume], rules: CubeRules, *, names: Sequence[str] | None = None, symmetries: bool = True
) -> Structures:
    """Training and held-out cubes of volumes in memory.

    Args:
        volumes: of one grid, open on all sides.
        rules: how they are cut.
        names: of the volumes; their numbers unless given.
        symmetries: whether training structures may be turned, see `turned`.

    Raises:
        InputError: their grids differ, one wraps, or one is too small.
    """
    names = [f"volume {number}" for number in range(len(volumes))] if names is None else names
    if len(names) != len(volumes):
        raise InputError(f"one name per volume was expected: {len(volumes)}, not {len(names)}", where="names")
    training, held_out = cut_cubes(volumes, names, rules)
    z, y, x = (edge * rules.coarsen for edge in volumes[0].grid.voxel_um)
    grid = dataclasses.replace(volumes[0].grid, voxel_um=(z, y, x))
    if any(volume.grid != volumes[0].grid for volume in volumes):
        raise InputError("the volumes have different voxels", where="volumes", fix="Cut them one by one.")
    return structures_of_cubes(training, held_out, names, rules, grid, symmetries=symmetries)


def structures_of_cubes(
    training: Cubes, held_out: Cubes, names: Sequence[str], rules: CubeRules, grid: Grid, *, symmetries: bool
) -> Structures:
    """Cubes that are cut, as structures of the grid.

    Raises:
        InputError: one of the two sets is empty.
    """
    for cubes, word in ((training, "training"), (held_out, "held-out")):
        if not cubes.labels:
            raise InputError(f"no {word} cube of {rules.size}^3 can be cut", where=names[0], fix="Lower size.")
    name = names[0] if len(names) == 1 else f"{names[0]} and {counted(len(names) - 1, 'more volume')}"
    name += f", coarsened {rules.coarsen}x" if rules.coarsen > 1 else ""
    return structures_of(
        np.stack(training.labels), np.stack(held_out.labels), grid, name, symmetries=symmetries,
        origins=(training.origins, held_out.origins), disjoint=(training.disjoint, held_out.disjoint),
    )  # fmt: skip


def structures_of(
    training: NDArray[np.uint8],
    held_out: NDArray[np.uint8],
    grid: Grid,
    name: str,
    *,
    origins: tuple[list[dict[str, Any]], list[dict[str, Any]]] | None = None,
    disjoint: tuple[int, int] | None = None,
    symmetries: bool = True,
) -> Structures:
    """Labels that are cut or made already, with their fingerprint.

    Args:
        training: ``(N, Z, Y, X)`` uint8 labels in the order of ``grid.phases``.
        held_out: ``(M, Z, Y, X)``, never trained on.
        grid: phases, voxel edges (um), boundaries.
        name: what they are, in a few words; the numbers are added.
        origins: where each was cut from, see `Structures`; nowhere unless given.
        disjoint: how many of each set do not overlap; all unless given.
        symmetries: whether training structures may be turned, see `turned`.
    """
    disjoint = disjoint or (len(training), len(held_out))
    name += f": {len(training)} training ({disjoint[0]} disjoint) and {len(held_out)} held-out ({disjoint[1]} disjoint)"
    alike = grid.voxel_um[1] == grid.voxel_um[2] and grid.periodic[1] == grid.periodic[2]
    return Structures(
        torch.from_numpy(training),
        torch.from_numpy(held_out),
        *(origins or ([], [])),
        grid=grid,
        name=f"{name} cubes of {training.shape[1]}^3",
        fingerprint=_fingerprint(training, held_out, grid),
        disjoint=disjoint,
        symmetries=(8 if alike else 4) if symmetries else 1,
    )


def one_hot(labels: Tensor, phases: int, device: torch.device | str | None = None) -> Tensor:
    """Labels, moved as bytes and spread out on the device.

    Args:
        labels: ``(B, Z, Y, X)`` uint8.
        phases: P, their number.
        device: to move them to; where they are unless given.

    Returns:
        ``(B, P, Z, Y, X)`` float32.
    """
    labels = labels.to(device, non_blocking=True).unsqueeze(1)
    return (labels == torch.arange(phases, dtype=torch.uint8, device=labels.device).view(-1, 1, 1, 1)).float()


def write_structures(folder: Path, labels: Tensor, grid: Grid) -> list[Path]:
    """Write structures as ``structure_0001.npz`` and on, in place of those of an earlier call.

    Args:
        folder: to write into; made if it is not there.
        labels: ``(N, Z, Y, X)`` uint8.
        grid: of the structures.

    Returns:
        The paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for before in folder.glob("structure_*.npz"):
        before.unlink()
    paths = [folder / f"structure_{number:04d}.npz" for number in range(1, len(labels) + 1)]
    for structure, path in zip(labels.numpy(), paths, strict=True):
        formats.write(Volume(structure, grid), path)
    return paths


def _fingerprint(training: NDArray[np.uint8], held_out: NDArray[np.uint8], grid: Grid) -> str:
    digest = hashlib.sha256(repr(dataclasses.astuple(grid)).encode())
    for cubes in (training, held_out):
        digest.update(repr(cubes.shape).encode())
        digest.update(np.ascontiguousarray(cubes).data)
    return digest.hexdigest()
