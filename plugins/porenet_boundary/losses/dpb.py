"""Double-phase boundaries: the area of the interface between each pair of phases."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Annotated, Any, Literal

import torch
from annotated_types import Gt
from porenet_estimators.heat import SIGMA
from porenet_estimators.heat_fields import heat_contacts
from porenet_estimators.precision import full_precision
from torch import Tensor, nn

from porenet.interface import Grid, InputError, Phase
from porenet.slopes import with_slope
from porenet.targets import relative_error, target_like

Periodic = tuple[bool, bool, bool]
Estimator = Literal["faces", "heat"]


def contact_densities(field: Tensor, voxel_um: tuple[float, float, float], periodic: Periodic) -> Tensor:
    """Area of the faces between voxels of two phases, per total volume, for every pair of phases.

    A face between voxels u and v counts as p_a(u) p_b(v) + p_b(u) p_a(v): the probability that independent draws put
    phase a on one side of it and b on the other. The outer faces of the box do not count.

    Args:
        field: ``(B, P, Z, Y, X)``, probabilities, dimensionless.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether the last voxel and the first share a face.

    Returns:
        ``(B, P, P)``, um^-1, symmetric, at least float32; the diagonal holds twice the area between voxels of one
        phase.
    """
    field = field.to(torch.promote_types(field.dtype, torch.float32))
    # In units of the mean edge the weights of cubic voxels are 1, and the counts of a structure exact in float32.
    edge_um = math.prod(voxel_um) ** (1 / 3)
    areas = tuple(edge_um / edge for edge in voxel_um)
    contacts: Tensor = _contacts(field, areas, periodic)[0]
    return contacts / (field[0, 0].numel() * edge_um)


class InterfaceAreas(nn.Module):
    r"""Squared relative error of each sample's interface areas between pairs of phases.

    .. math::
        L = \frac{1}{K} \sum_{(a, b)} \left( \frac{S_{ab}}{S_{ab}^{target}} - 1 \right)^2

    S_ab by ``heat`` is what a Gaussian of the phases carries across the interface
    (`porenet_estimators.heat.heat_densities`): about the area of the real surface, and no feature is too fine for it.
    The sum over the partners of a phase is its surface density as the estimator ``heat`` of
    `porenet_statistics.losses.ssa.SurfaceArea` has it. By ``faces``

    .. math:: S_{ab} = \frac{1}{V} \sum_{faces} A_f \left( p_a(u) \, p_b(v) + p_b(u) \, p_a(v) \right)

    with u and v the voxels on both sides of a face of area A_f; the sum over the partners is the estimator ``faces``
    with ``form = "product"`` there. Faces overstate a smooth surface, by 1.5 in random orientation, and a staircase has
    as much area as its two flat walls, so that a decoded structure gains area in a few steps and hardly loses it: from
    noise and from smooth fields a descent ended at 1.5 to 2.9 times the area with ``faces`` and at 1.1 to 1.35 times
    with ``heat`` (24^3 voxels, 300 steps of Adam, three seeds).

    Known defects. On soft probabilities an undecided field has interfaces everywhere: (0.36, 0.34, 0.30) in every voxel
    counts 24, 22 and 20 % of all faces, more than most electrodes. Run it with ``relax = "straight_through"``. With two
    phases at 0.5 everywhere the area has its maximum, so that there is no gradient; a single voxel has no interface.

    Args:
        grid: the phases, the voxel edges (um) and which axes are periodic.
        pairs: pairs of phases, each pair once, in any order; default: all pairs, in the grid's order.
        estimator: ``heat`` or ``faces``; the target must have been measured with the same.
        sigma: for ``heat``, standard deviation of the Gaussian, longest voxel edges.

    Raises:
        InputError: no pair, a pair twice, a phase paired with itself, or a ``sigma`` with ``faces``.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        pairs: tuple[tuple[Phase, Phase], ...] | None = None,
        estimator: Estimator = "heat",
        sigma: Annotated[float, Gt(0)] = SIGMA,
    ) -> None:
        super().__init__()
        if estimator == "faces" and sigma != SIGMA:
            raise InputError(
                "sigma is the width of the heat's Gaussian, and the estimator is 'faces'",
                where="dpb.sigma",
                fix="Use estimator = 'heat', or leave sigma out.",
            )
        self.estimator, self.sigma = estimator, sigma
        self.pairs = tuple(combinations(range(len(grid.phases)), 2)) if pairs is None else _channels_of(grid, pairs)
        self.all_pairs = pairs is None
        self.voxel_um, self.periodic = grid.voxel_um, grid.periodic
        self.scale = math.prod(grid.voxel_um) ** (-1 / 3)  # um^-1, stands in for a target of 0
        self.twin_params: dict[str, Any] = {"estimator": estimator} | ({"sigma": sigma} if estimator == "heat" else {})
        self.target_estimators = {"dpb": f"heat_{sigma:g}" if estimator == "heat" else estimator}
        self.twin_keys = self.witness_keys = tuple(
            f"{grid.phases[first]}-{grid.phases[second]}" for first, second in self.pairs
        )

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Areas per volume, ``(B, K)``, um^-1, in the order of the pairs; the metric ``dpb`` on one-hot fields."""
        if self.estimator == "heat":
            densities = heat_contacts(probabilities, self.voxel_um, self.periodic, self.sigma)
        else:
            densities = contact_densities(probabilities, self.voxel_um, self.periodic)
        if not self.all_pairs:
            return torch.stack([densities[:, first, second] for first, second in self.pairs], dim=1)
        phases = densities.shape[1]  # 255 of them have 32,385 pairs
        first, second = torch.triu_indices(phases, phases, 1, device=densities.device)
        return densities[:, first, second]

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``dpb``: ``(B, K)`` um^-1 in the order of the pairs, measured with the estimator of the
                loss; NaN where a pair has no target. Against a target of 0 the error is the area times the geometric
                mean of the voxel edges.

        Returns:
            ``(B,)``, dimensionless, >= 0.

        Raises:
            InputError: the target has another shape, or was measured with another estimator.
        """
        return self.from_descriptor(self.descriptor(probabilities), targets)

    def from_descriptor(self, values: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """The loss of fields with these areas, ``(B, K)`` um^-1; otherwise as `forward`."""
        target = target_like(targets, "dpb", values, estimator=self.target_estimators["dpb"])
        return relative_error(values, target, scale=self.scale).square().mean(dim=1)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"pairs={', '.join(self.twin_keys)}, estimator={self.target_estimators['dpb']!r}"


def _contacts_and_near(field: Tensor, areas: tuple[float, float, float], periodic: Periodic) -> tuple[Tensor, Tensor]:
    """The contacts, ``(B, P, P)``, and the sum over the six neighbours of each voxel, each times the area between."""
    near = torch.zeros_like(field)
    for axis, (area, wraps) in enumerate(zip(areas, periodic, strict=True), start=2):
        last = field.shape[axis] - 1
        near.narrow(axis, 0, last).add_(field.narrow(axis, 1, last), alpha=area)
        near.narrow(axis, 1, last).add_(field.narrow(axis, 0, last), alpha=area)
        if wraps:
            near.narrow(axis, 0, 1).add_(field.narrow(axis, last, 1), alpha=area)
            near.narrow(axis, last, 1).add_(field.narrow(axis, 0, 1), alpha=area)
    with full_precision(field):
        return field.flatten(2) @ near.flatten(2).mT, near


def _contacts_slope(gradient: Tensor, near: Tensor) -> Tensor:
    # The sum over the neighbours is its own adjoint, so that the backward pass reuses that of the forward pass.
    both_ways = gradient + gradient.mT
    with full_precision(near):
        return (both_ways @ near.flatten(2)).view_as(near)


_contacts = with_slope(
    _contacts_and_near,
    _contacts_slope,
    reads=lambda _, outputs: outputs[1:],
    refusal="interface areas can be differentiated once; their gradient can not",
)


def _channels_of(grid: Grid, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[int, int], ...]:
    """Channels of each pair, the lower one first, in the order of the pairs."""
    indices = [tuple(sorted(grid.index(phase) for phase in pair)) for pair in pairs]
    for pair, channels in zip(pairs, indices, strict=True):
        if len(set(channels)) != 2:
            raise InputError(f"two different phases were expected, not {list(pair)}", where="dpb.pairs")
    if not indices or len(set(indices)) < len(indices):
        listing = ", ".join("-".join(pair) for pair in pairs) or "none"
        raise InputError(f"one or more pairs were expected, each once, not {listing}", where="dpb.pairs")
    return tuple((first, second) for first, second in indices)
