"""Skewed fields as the noise of a generator: those of `porenet.synthetic.skewed_fields`, in torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from porenet.errors import InputError
from porenet.interface import Grid
from porenet.synthetic import FittedFields
from porenet.synthetic.gaussian_field import REACH, modes

SIZES_KEPT = 4
"""Sizes of structures whose modes are kept, a few megabytes each at most."""


class SkewedFields(nn.Module):
    """One Gaussian field f per phase with a squared part, f + c (f^2 - 1), from independent normal coefficients.

    Nothing in it is trained; lengths and skews are in ``state_dict``. With the volume fractions held
    (`porenet.generation.hold_fractions`) and nothing added, the argmax is the structure of
    `porenet.synthetic.skewed_fields` for the same numbers: the fields agree to single precision (1e-5), the structures
    but for voxels whose two largest values lie within the miss of the held fractions (0.001 of the voxels).

    Args:
        grid: phases, voxel edges (um), boundaries.
        lengths_um: correlation length of each phase's field, um.
        skews: c of each phase, dimensionless.

    Raises:
        InputError: there is not one number for each phase, or a length is not above 0.
    """

    def __init__(self, grid: Grid, lengths_um: Sequence[float], skews: Sequence[float]) -> None:
        super().__init__()
        phases = len(grid.phases)
        if len(lengths_um) != phases or len(skews) != phases or not all(length > 0 for length in lengths_um):
            raise InputError(
                f"a length above 0 and a skew for each of {', '.join(grid.phases)} were expected, not "
                f"{list(lengths_um)} and {list(skews)}",
                where="generation.SkewedFields",
            )
        grid.refuse_section("Skewed fields of a generator are those of")
        self.grid = grid
        self.lengths_um, self.skews = tuple(map(float, lengths_um)), tuple(map(float, skews))
        self._basis: dict[tuple[object, ...], list[list[Tensor]]] = {}

    @classmethod
    def of(cls, fit: FittedFields, grid: Grid) -> SkewedFields:
        """The fields that were fitted to volumes.

        Args:
            fit: of volumes of the same phases and voxels.
            grid: of the generator.

        Raises:
            InputError: the fit is of other phases or voxels.
        """
        if tuple(fit.phases) != grid.phases or not np.allclose(fit.voxel_um, grid.voxel_um, rtol=1e-6):
            raise InputError(
                f"they were fitted to {', '.join(fit.phases)} in voxels of {fit.voxel_um} um, and the grid has "
                f"{', '.join(grid.phases)} in voxels of {grid.voxel_um} um",
                where="fields",
                fix="Fit them to volumes of this grid.",
            )
        return cls(grid, fit.lengths_um, fit.skews)

    def described(self) -> dict[str, Any]:
        """Lengths and skews, JSON-ready: what a training with them goes on with."""
        return {"lengths_um": list(self.lengths_um), "skews": list(self.skews)}

    def get_extra_state(self) -> dict[str, tuple[float, ...]]:
        """Lengths and skews, for ``state_dict``: numbers, so that no step waits for a device to read them."""
        return {"lengths_um": self.lengths_um, "skews": self.skews}

    def set_extra_state(self, state: dict[str, tuple[float, ...]]) -> None:
        """Take lengths and skews of a ``state_dict``."""
        self.lengths_um, self.skews = state["lengths_um"], state["skews"]
        self._basis.clear()

    def count(self, size: Sequence[int]) -> int:
        """How many coefficients a structure of a size (Z, Y, X), voxels, takes."""
        return sum(int(np.prod(shape)) for shape in self._shapes(size))

    def coefficients(self, size: Sequence[int], seed: int) -> Tensor:
        """Those from which `porenet.synthetic.skewed_fields` draws the structure of a seed.

        Args:
            size: (Z, Y, X), voxels.
            seed: 0 or more.

        Returns:
            ``(K,)`` float32, standard normal; see `count`.
        """
        (child,) = np.random.SeedSequence(seed).spawn(1)
        rng = np.random.default_rng(child)
        drawn = [rng.standard_normal(shape).reshape(-1) for shape in self._shapes(size)]
        return torch.from_numpy(np.concatenate(drawn)).float()

    def forward(self, coefficients: Tensor, size: Sequence[int]) -> Tensor:
        """The fields.

        Args:
            coefficients: ``(B, K)``, standard normal, dimensionless; any will do, those of `coefficients` give the
                structure of a seed.
            size: (Z, Y, X), voxels.

        Returns:
            ``(B, P, Z, Y, X)`` float32, mean 0, dimensionless.

        Raises:
            InputError: another number of coefficients.
        """
        shapes = self._shapes(size)
        counts = [int(np.prod(shape)) for shape in shapes]
        if coefficients.ndim != 2 or coefficients.shape[1] != sum(counts):
            raise InputError(
                f"coefficients (B, {sum(counts)}) were expected for {'x'.join(map(str, size))} voxels, not "
                f"{tuple(coefficients.shape)}",
                where="generation.SkewedFields",
            )
        fields = []
        with torch.autocast(coefficients.device.type, enabled=False):
            parts = torch.split(coefficients.float(), counts, dim=1)
            for part, shape, basis, skew in zip(
                parts, shapes, self._modes(size, coefficients.device), self.skews, strict=True
            ):
                along_z, along_y, along_x = basis
                planes = along_y @ (part.view(-1, *shape) @ along_x.T)
                field = (along_z @ planes.flatten(2)).view(len(part), *size)
                fields.append(field + skew * (field.square() - 1))
        return torch.stack(fields, dim=1)

    def _shapes(self, size: Sequence[int]) -> list[tuple[int, int, int]]:
        """Number of modes along z, y and x, for each phase."""
        return [(z.shape[1], y.shape[1], x.shape[1]) for z, y, x in self._modes(size)]

    def _modes(self, size: Sequence[int], device: torch.device | str = "cpu") -> list[list[Tensor]]:
        """Modes along z, y and x, ``(voxels, modes)``, for each phase."""
        key = (*size, str(device))
        if key not in self._basis:
            self._refuse_short_periods(size)
            if len(self._basis) >= SIZES_KEPT:
                self._basis.clear()
            axes = list(zip(size, self.grid.voxel_um, self.grid.periodic, strict=True))
            self._basis[key] = [
                [
                    torch.from_numpy(modes(voxels, edge / length, wraps)).float().to(device)
                    for voxels, edge, wraps in axes
                ]
                for length in self.lengths_um
            ]
        return self._basis[key]

    def _refuse_short_periods(self, size: Sequence[int]) -> None:
        longest = REACH * max(self.lengths_um) * (1 - 1e-9)
        for axis, voxels, edge, wraps in zip("zyx", size, self.grid.voxel_um, self.grid.periodic, strict=True):
            if wraps and voxels * edge < longest:
                raise InputError(
                    f"the periodic axis {axis} is {voxels * edge:g} um long, less than {REACH:g} of the longest length",
                    where="generation.SkewedFields",
                    fix="Take larger structures, or an open axis.",
                )
