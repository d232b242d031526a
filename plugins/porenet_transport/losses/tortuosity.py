"""Tortuosity: conduction of a phase compared with straight channels of the same volume fraction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Le
from torch import Tensor, nn

from porenet.interface import AXES, Axis, Grid, Phase, faces_of, opened
from porenet.passage import connecting_level, margin_of
from porenet.targets import target_like
from porenet_transport.phase_conduction import log_ratio, phase_conducts

SPARSE = 0.1
"""Least volume fraction that is used for a phase which hardly conducts."""
HARDLY = 0.01
"""Relative conductivity from which on the true volume fraction of a phase is used."""


class Tortuosity(nn.Module):
    r"""Error of a phase's tortuosity factor tau; without a target, 1 - 1 / tau.

    With eps the volume fraction of the phase, isolated parts included, and D its relative effective conductivity (see
    `porenet_transport.losses.conductance.Conductance`, whose solve and gradient these are), tau = eps / D. Against a
    target t

    .. math::
        L = r^2, \qquad r = \begin{cases} t / \tau - 1 & \tau \ge t \\ \ln(t / \tau) & \tau < t \end{cases}

    so that a phase that does not percolate, of infinite tau, costs 1. Without a target, L = 1 - 1 / tau: 0 for straight
    channels, 1 where nothing conducts.

    Tau falls when the phase loses parts that do not conduct, in the end all of it: an absent phase has no tortuosity.
    So that vanishing is not rewarded, where D is near 0 the fraction counts as at least 0.1; this minimum falls to 0 as
    D rises to 0.01, from where on tau is exact.

    It always reads the decoded structure, with the gradient straight through. The published term
    (https://github.com/Fangedan/GAN-PH), the squared error of a frozen network's log tau to one mean, was fooled by the
    generator; and a squared error to one mean collapses the spread, even with an exact solve. Use ``target =
    "structures"``, one target per sample, or the loss ``distribution`` on the descriptor of ``conductance``, which
    unlike tau is finite for every structure.

    Known defects: those of `porenet_transport.losses.conductance.Conductance`.

    Args:
        grid: the phases, the ratios of the voxel edges, and which axes are periodic; ``axis`` is taken as open.
        phase: the phase that is to conduct.
        axis: axis between whose faces it is to conduct.
        target: target of tau, dimensionless, 1 or more: a value; or ``structures``, the value of each sample's target
            structure; none to minimise.
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
        target: Literal["structures"] | Annotated[float, Ge(1)] | None = None,
        kmin: Annotated[float, Ge(1e-15), Le(1e-2)] = 1e-6,
    ) -> None:
        super().__init__()
        self.phase, self.axis, self.target, self.kmin = phase, axis, target, kmin
        self.channel = grid.index(phase)
        self.voxel_um = grid.voxel_um
        self.periodic = opened(grid.periodic, axis)
        self.inlet, self.outlet = faces_of(axis)
        self.crossed_axes = (axis,)
        # The metric's most exact setting: its default is coarser than the solve of the loss.
        self.twin_params: dict[str, Any] = {"axis": axis, "tolerance": 1e-6}
        self.twin_keys = (f"{phase}.tortuosity_factor",)

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Tortuosity factor, ``(B, 1)``, dimensionless, finite.

        On one-hot fields that of the metric ``tortuosity`` where that is defined; where it is not, very large:
        conductivities below kmin count as kmin.
        """
        fraction, conducted = self._read(probabilities)
        # What joins the faces has a voxel in each slice, so this changes no defined value; an absent phase has none.
        slices = probabilities.shape[2 + AXES.index(self.axis)]
        return (fraction.clamp_min(slices / probabilities[0, 0].numel()) / conducted.clamp_min(self.kmin)).unsqueeze(1)

    def target_of(self, probabilities: Tensor) -> Tensor:
        """The descriptor of structures, ``(B, 1)``, dimensionless; NaN where the phase does not join the faces."""
        level = connecting_level(
            margin_of(probabilities, self.channel), self.inlet, self.outlet, periodic=self.periodic
        )
        factors = self.descriptor(probabilities)
        return factors.masked_fill((level <= 0).unsqueeze(1), float("nan"))

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: with ``target = "structures"``, ``tortuosity``: the tortuosity factor of each sample's target
                structure, ``(B,)`` or ``(B, 1)``, dimensionless; NaN where there is none, for example because the phase
                does not join the faces: such a sample costs nothing.

        Returns:
            ``(B,)``, dimensionless, >= 0; at most 1 without a target, or above it.

        Raises:
            InputError: the target has another shape.
        """
        fraction, conducted = self._read(probabilities)
        least = SPARSE * (1 - conducted / HARDLY).clamp_min(0)
        straightness = (conducted / torch.maximum(fraction, least)).unsqueeze(1)
        if self.target is None:
            return (1 - straightness).clamp_min(0).squeeze(1)
        if self.target == "structures":
            target = target_like(targets, "tortuosity", straightness)
        else:
            target = torch.full_like(straightness, self.target)
        undefined = target.isnan()
        reached = target.masked_fill(undefined, 0) * straightness
        goal = torch.ones_like(reached).masked_fill(undefined, float("nan"))
        return log_ratio(reached, goal, 1.0).square().squeeze(1)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"phase={self.phase!r}, axis={self.axis!r}, target={self.target!r}, kmin={self.kmin}"

    def _read(self, probabilities: Tensor) -> tuple[Tensor, Tensor]:
        """Volume fraction and relative effective conductivity, each ``(B,)``."""
        conducted = phase_conducts(
            probabilities,
            self.channel,
            axis=self.axis,
            voxel_um=self.voxel_um,
            periodic=self.periodic,
            kmin=self.kmin,
        )
        fraction = probabilities[:, self.channel].to(conducted.dtype).mean(dim=(1, 2, 3))
        return fraction, conducted
