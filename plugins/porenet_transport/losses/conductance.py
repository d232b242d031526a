"""Conductance: effective conductivity of a phase from face to face, by one exact solve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Gt, Le
from torch import Tensor, nn

from porenet.interface import Axis, Grid, Phase
from porenet.targets import target_like
from porenet_transport.phase_conduction import log_ratio, phase_conducts


class Conductance(nn.Module):
    r"""Error of a phase's effective conductivity from face to face; without a target, what is missing to 1.

    D is the effective conductivity of the box along an axis, relative to the phase's own (D_eff / D0, eps / tau), with
    the other phases conducting ``kmin``. One solve of div(k grad u) = 0 gives it and, as the problem is its own
    adjoint, every derivative. Against a target t

    .. math::
        L = r^2, \qquad r = \begin{cases} D / t - 1 & D \le t \\ \ln(D / t) & D > t \end{cases}

    where a target below ``floor`` is replaced by it as the divisor, so that a target of 0 (a structure that does not
    conduct) is allowed. A phase that is absent or severed costs 1. Without a target it maximises, in the logarithm of D
    continued by its tangent below ``floor``:

    .. math:: L = -f(D) / -f(0), \qquad f(D) = \ln D \text{ above the floor } d, \quad \ln d + D / d - 1 \text{ below}

    This is 0 to 1; it falls by as much from D = 0.02 to 0.04 as from 0.2 to 0.4.

    It always reads the decoded structure, with the gradient straight through: on probabilities, 0.3 of pore everywhere
    would conduct like a network without a single voxel of pore. So the value does not show that a structure is about to
    conduct, but the gradient does. It is large where the potential falls: on a channel cut by a gap of 2 voxels, 0.4 %
    of the box, the gap has 37 % of it, and the rest is spread over all ways around; where the phase is absent it is the
    same everywhere. It is bounded in every state, and not 0 where the phase conducts already: it shows which necks to
    widen.

    ``target = "structures"`` reads one target per sample. One value for all samples would collapse their spread. To
    match that of the training structures without a condition, name this loss as the ``descriptor`` of
    `porenet_statistics.losses.distribution.Distribution`: where nothing conducts yet the gradient is then weak against
    the spread of the others, so start with this loss.

    Known defects. The leak through the other phases is subtracted from the value to first order (see
    `porenet_transport.phase_conduction.phase_conducts`), not from the gradient. The relative error of
    the value is up to 1e-5 in float32 in compiled loops, up to 2e-4 in torch (other devices), 1e-7 in the median of
    both, a few percent of kmin where nothing conducts, and 1e-13 in float64; that of the gradient in float32 is 0.1 %
    in the median and at most 3 % on 317 volumes (5 % on others with a kmin of 1e-7), in either. A kmin below 1e-7
    switches to float64, which is many times slower.

    Args:
        grid: the phases, the ratios of the voxel edges, and which axes are periodic; ``axis`` is taken as open.
        phase: the phase that is to conduct.
        axis: axis between whose faces it is to conduct.
        target: target of D, dimensionless: a value; or ``structures``, the value of each sample's target structure;
            none to maximise.
        floor: values of D well below it count as 0, dimensionless.
        kmin: conductivity of the other phases, relative to that of this phase.

    Raises:
        InputError: the grid has no such phase.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        phase: Phase,
        axis: Axis = "z",
        target: Literal["structures"] | Annotated[float, Ge(0), Le(1)] | None = None,
        floor: Annotated[float, Gt(0), Le(0.5)] = 0.01,
        kmin: Annotated[float, Ge(1e-15), Le(1e-2)] = 1e-6,
    ) -> None:
        super().__init__()
        self.phase, self.axis, self.target, self.floor, self.kmin = phase, axis, target, floor, kmin
        self.channel = grid.index(phase)
        self.voxel_um, self.periodic = grid.voxel_um, grid.periodic
        self.crossed_axes = (axis,)
        # The metric's most exact setting: its default is coarser than the solve of the loss.
        self.twin_params: dict[str, Any] = {"axis": axis, "tolerance": 1e-6}
        self.twin_keys = (f"{phase}.relative_diffusivity",)

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Relative effective conductivity, ``(B, 1)``, dimensionless, 0 to 1.

        On one-hot fields the ``P.relative_diffusivity`` of the metric ``tortuosity``.
        """
        return phase_conducts(
            probabilities,
            self.channel,
            axis=self.axis,
            voxel_um=self.voxel_um,
            periodic=self.periodic,
            kmin=self.kmin,
        ).unsqueeze(1)

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: with ``target = "structures"``, ``conductance``: the relative effective conductivity of each
                sample's target structure, ``(B,)`` or ``(B, 1)``, dimensionless, 0 where it does not conduct; NaN where
                there is no target.

        Returns:
            ``(B,)``, dimensionless, >= 0; at most 1 without a target, or below it.

        Raises:
            InputError: the target has another shape.
        """
        conductivity = self.descriptor(probabilities)
        if self.target is None:
            reached = log_ratio(conductivity, torch.full_like(conductivity, self.floor), self.floor)  # -1 to the most
            most = -math.log(self.floor)
            return ((most - reached) / (most + 1)).clamp_min(0).squeeze(1)
        if self.target == "structures":
            target = target_like(targets, "conductance", conductivity)
        else:
            target = torch.full_like(conductivity, self.target)
        return log_ratio(conductivity, target, self.floor).square().squeeze(1)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"phase={self.phase!r}, axis={self.axis!r}, target={self.target!r}, floor={self.floor}, kmin={self.kmin}"
