"""Length of triple lines by the product of three smoothed phases, on fields: `triple_products` in torch."""

from __future__ import annotations

import torch
from torch import Tensor

from porenet.sharing import shared
from porenet_estimators.gaussian import Periodic, voxel_widths
from porenet_estimators.gaussian_fields import smooth
from porenet_estimators.triple_products import AREA


def triple_product_length(
    triple: Tensor, voxel_um: tuple[float, float, float], periodic: Periodic, sigma: float
) -> Tensor:
    """Length of triple line per volume; see `triple_products.triple_product_lengths`.

    Args:
        triple: ``(B, 3, Z, Y, X)``, how much of each of three phases counts, dimensionless: its probabilities, or less.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether it wraps.
        sigma: standard deviation of the Gaussian, longest voxel edges.

    Returns:
        ``(B,)``, um^-2, >= 0, at least float32.
    """
    triple = triple.to(torch.promote_types(triple.dtype, torch.float32))
    first, second, third = shared(smooth, triple, periodic, voxel_widths(sigma, voxel_um)).unbind(1)
    width_um = sigma * max(voxel_um)
    return (first * second * third).mean(dim=(1, 2, 3)) / (AREA * width_um**2)
