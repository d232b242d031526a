"""Interface and surface densities by heat, on fields of probabilities: `heat` in torch."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from porenet.sharing import shared
from porenet_estimators.gaussian import Periodic, voxel_widths
from porenet_estimators.gaussian_fields import smooth
from porenet_estimators.precision import full_precision

Voxel = tuple[float, float, float]


def heat_surfaces(field: Tensor, voxel_um: Voxel, periodic: Periodic, sigma: float) -> Tensor:
    """Surface density of each channel against all the rest; see `heat.heat_densities`.

    Args:
        field: ``(B, C, Z, Y, X)``, probabilities, dimensionless; not all channels are needed.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether it wraps.
        sigma: standard deviation of the Gaussian, longest voxel edges.

    Returns:
        ``(B, C)``, um^-1, per total volume, >= 0, at least float32.
    """
    field, spread = _spread(field, voxel_um, periodic, sigma)
    return (field + spread - 2 * field * spread).mean(dim=(2, 3, 4)) * _per_um(voxel_um, sigma)


def heat_contacts(field: Tensor, voxel_um: Voxel, periodic: Periodic, sigma: float) -> Tensor:
    """Density of the interface between each pair of channels; see `heat.heat_densities`.

    Args:
        field: ``(B, P, Z, Y, X)``, probabilities, dimensionless.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether it wraps.
        sigma: standard deviation of the Gaussian, longest voxel edges.

    Returns:
        ``(B, P, P)``, um^-1, symmetric, at least float32; the diagonal does not count.
    """
    field, spread = _spread(field, voxel_um, periodic, sigma)
    with full_precision(field):
        carried = field.flatten(2) @ spread.flatten(2).mT
    return (carried + carried.mT) * (_per_um(voxel_um, sigma) / field[0, 0].numel())


def _spread(field: Tensor, voxel_um: Voxel, periodic: Periodic, sigma: float) -> tuple[Tensor, Tensor]:
    field = field.to(torch.promote_types(field.dtype, torch.float32))
    return field, shared(smooth, field, periodic, voxel_widths(sigma, voxel_um))


def _per_um(voxel_um: Voxel, sigma: float) -> float:
    # Half of sqrt(2 pi) / sigma: what crosses is counted from both sides.
    return math.sqrt(math.pi / 2) / (sigma * max(voxel_um))
