"""Conductivity of one phase of a field, with a gradient that shows where to grow and where to thin the phase."""

from __future__ import annotations

import torch
from torch import Tensor

from porenet.interface import Axis
from porenet.passage import margin_of
from porenet.sharing import shared
from porenet_transport.conduction import effective_conductivity

ONSET = 0.1
"""Slope of the conductivity where another phase is certain, relative to a straight line's.

A structure has margins of 1 and -1 only, so what lies between does not change the value, and the slopes at the two ends
weigh two gradients: to thin the phase (inside) and to grow it (outside). The outer one is by far the larger: summed
over the voxels it is 1.2 to 6.4 per unit of conductivity on 16 phases of real volumes, whether they percolate or not,
and the inner one is what the phase conducts, about 0.05; and it overstates, for a voxel that conducts by itself joins
little. With targets of 0.3 to 3 times their conductivity, and the volume fractions held, phases of real volumes at 32^3
reached the target in 2 to 14 steps (once 36) with 3 to 9 % of the voxels changed, for logits per voxel as for shared
ones. A straight line took as many steps and changed 3 to 27 %; slopes of 0.03 and less fell short of 3 times. With a
geometric law, kmin^((1 - m) / 2), all of the gradient is inside once anything conducts: shared logits carried it
outwards, logits of each voxel stopped half way.
"""

BORNE = 1e-7
"""Least kmin for float32: below it, rounding hides whether a part is joined to the rest by kmin or not at all."""


def conductivity_of(margin: Tensor, kmin: float) -> Tensor:
    r"""Conductivity of voxels from the lead of the phase.

    .. math:: k = k_{min} + (1 - k_{min}) \, x (b + (1 - b) x), \qquad x = (1 + m) / 2, \quad b = 0.1

    Args:
        margin: any shape, -1 to 1, dimensionless.
        kmin: conductivity where another phase is certain, dimensionless.

    Returns:
        Same shape, kmin to 1, relative to the phase itself.
    """
    held = (1 + margin) / 2
    return kmin + (1 - kmin) * held * (ONSET + (1 - ONSET) * held)


def phase_conducts(
    probabilities: Tensor,
    channel: int,
    *,
    axis: Axis,
    voxel_um: tuple[float, float, float],
    periodic: tuple[bool, bool, bool],
    kmin: float,
) -> Tensor:
    """Effective conductivity of a phase from face to face, relative to its own.

    The other phases conduct a little, because otherwise no gradient would show where to join separate parts. The leak
    through them is subtracted from the value to first order: the tangent to the conductivity over kmin, continued to 0.
    So a phase that does not conduct reads about kmin^2, not kmin. The gradient remains that of the leaky conductivity;
    subtracting that of the leak would remove it wherever the phase does not conduct.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless; only on decoded structures is the value meaningful.
        channel: channel of the phase, 0 to P - 1.
        axis: axis along which it is to conduct; taken as open.
        voxel_um: voxel edges (z, y, x), um; only their ratios matter.
        periodic: per axis (z, y, x), whether the volume wraps.
        kmin: conductivity of the other phases, dimensionless, above 0.

    Returns:
        ``(B,)``, dimensionless, 0 to 1, at least float32.
    """
    margin = shared(margin_of, probabilities, channel)
    dtype = torch.promote_types(margin.dtype, torch.float32 if kmin >= BORNE else torch.float64)
    cells = conductivity_of(margin.to(dtype), kmin)
    leaky, slopes = effective_conductivity(cells, axis=axis, voxel_um=voxel_um, periodic=periodic)
    # d cells / d kmin is 1 where another phase is certain, 0 where this one is.
    leak = kmin / (1 - kmin) * (slopes * (1 - cells.detach())).sum(dim=(1, 2, 3))
    return (leaky - torch.minimum(leak, leaky.detach())).to(margin.dtype)


def log_ratio(value: Tensor, target: Tensor, least: float) -> Tensor:
    r"""Relative distance of a value from its target, bounded where the value is nearly 0.

    .. math:: f(value) - f(target), \qquad f(x) = \ln x \text{ above } d, \quad \ln d + x / d - 1 \text{ below}, \quad
        d = \max(target, least)

    That is ln(value / target) above the target and value / target - 1 below: a logarithm continued by its tangent.

    Args:
        value: any shape, >= 0.
        target: same shape and unit, >= 0; NaN where undefined.
        least: same unit; values well below it count as 0.

    Returns:
        Same shape, dimensionless, -1 or more; 0 where the target is undefined.
    """
    undefined = target.isnan()
    aim = torch.where(undefined, torch.ones_like(target), target)
    bend = aim.clamp_min(least)
    distance = torch.where(value > bend, (value.clamp_min(least) / bend).log(), value / bend - 1)
    return torch.where(undefined, torch.zeros_like(distance), distance - (aim / bend - 1))
