"""Surface area: how much surface each phase has per total volume."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from porenet_estimators.face_fields import face_densities
from porenet_estimators.gaussian_fields import smooth_and_slopes
from porenet_estimators.total_variation import SIGMA
from torch import Tensor, nn

from porenet.interface import Grid, InputError, Phase
from porenet.slopes import with_slope
from porenet.targets import relative_error, target_like

Estimator = Literal["tv", "faces"]
Form = Literal["product", "absolute"]

ROUNDING = 64
"""Slopes below this many times the dtype's resolution are taken for rounding errors."""


def total_variation_densities(
    field: Tensor, voxel_um: tuple[float, float, float], periodic: tuple[bool, bool, bool]
) -> Tensor:
    """Mean over the voxels of the gradient's length of each channel, smoothed with a Gaussian of 1 voxel.

    On one-hot fields it is `porenet_estimators.total_variation.total_variation`.

    Args:
        field: ``(B, C, Z, Y, X)``, probabilities, dimensionless.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether the axis wraps.

    Returns:
        ``(B, C)``, um^-1, per total volume, >= 0, at least float32.
    """
    _, slopes = smooth_and_slopes(field.to(torch.promote_types(field.dtype, torch.float32)), periodic, SIGMA)
    # In units of the shortest edge the slopes stay dimensionless and of the size of a probability.
    shortest = min(voxel_um)
    return _mean_length(*slopes, [shortest / edge for edge in voxel_um]) / shortest


class SurfaceArea(nn.Module):
    r"""Squared relative error of each sample's surface areas.

    .. math:: L = \frac{1}{K} \sum_c \left( \frac{S_c - S_c^{target}}{S_c^{target}} \right)^2

    S_c is the surface density S_V of phase c, per total volume, the outer faces of the box not counted (S. Torquato,
    Random Heterogeneous Materials, 2002, https://doi.org/10.1007/978-1-4757-6355-3). A gradient reaches every voxel
    near a surface; the published pipeline had none, see `porenet_statistics.losses.ssa_severed.SurfaceAreaSevered`.

    Known defects. An area has no memory of shape: many fingers and one rough wall have the same. On soft probabilities
    the areas of ``tv`` and of ``form = "absolute"`` fall with the contrast, so that a faint pattern meets a small
    target, and they have no gradient where the field is flat; with ``form = "product"`` a flat field has area by being
    undecided: p = (0.36, 0.34, 0.30) everywhere counts 46, 45 and 42 % of all faces, more than most electrodes. So run
    it with ``relax = "straight_through"``, but not ``absolute``: on a structure the gradient of \|p - q\| is as large
    on either side of a wall, so both sides swap phases and the area stays or grows. Over 150 Adam steps on a 12^3
    pattern that should halve its area, the mean squared error went from 1 to 8.7 with ``absolute``, to 0.03 with
    ``product`` and below 0.0001 with ``tv``; one that should double it stayed at 0.25, and went to 0 and 0.08 (``tv``
    reads low what is as fine as its Gaussian).

    Args:
        grid: the phases, the voxel edges (um) and which axes are periodic.
        estimator: ``tv``, the total variation of the phase smoothed with a Gaussian of 1 voxel: 1.00 of the area in any
            orientation, low on features under about 5 voxels; or ``faces``, the area of the faces between unlike
            voxels: exact for the voxels, 1.5 times the real surface in random orientation. A target must have been
            measured with the same.
        form: for ``faces``, how unlike two voxels of probability p and q are: ``product`` p (1 - q) + q (1 - p), or
            ``absolute`` \|p - q\|; the same on a structure.
        phases: whose areas count; all unless given.

    Raises:
        InputError: no phase, a phase twice, or a ``form`` with ``tv``.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        estimator: Estimator = "tv",
        form: Form = "product",
        phases: tuple[Phase, ...] | None = None,
    ) -> None:
        super().__init__()
        chosen = grid.phases if phases is None else tuple(phases)
        if not chosen or len(set(chosen)) < len(chosen):
            raise InputError(f"one or more different phases were expected, not {list(chosen)}", where="ssa.phases")
        if estimator == "tv" and form != "product":
            raise InputError(
                f"the form {form!r} is one of counting faces, and the estimator is 'tv'",
                where="ssa.form",
                fix="Use estimator = 'faces', or leave the form out.",
            )
        self.estimator, self.form = estimator, form
        self.grid, self.channels = grid, tuple(grid.index(phase) for phase in chosen)
        self.scale = math.prod(grid.voxel_um) ** (-1 / 3)  # um^-1, stands in for a target of 0
        self.twin_params: dict[str, Any] = {"estimator": estimator, "per": "volume"}
        self.twin_keys = chosen

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Surface densities of the chosen phases, ``(B, K)``, um^-1; the metric ``ssa`` on one-hot fields."""
        return self._areas(self._chosen(probabilities))

    def target_of(self, probabilities: Tensor) -> Tensor:
        """Surface densities of all phases, ``(B, P)``, um^-1: what a structure would be the target ``ssa`` for."""
        return self._areas(probabilities)

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value a sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``ssa``: ``(B, P)`` um^-1 per total volume in the order of the grid's phases, those not chosen
                included; NaN where a phase has no target. Against a target of 0 the error is the area times the
                geometric mean of the voxel edges.

        Returns:
            ``(B,)``, dimensionless, >= 0.

        Raises:
            InputError: the target has another shape, or was measured with another estimator.
        """
        areas = self.descriptor(probabilities)
        every = areas.new_empty(len(areas), len(self.grid.phases))  # only its shape and dtype are read
        target = self._chosen(target_like(targets, "ssa", every, estimator=self.estimator))
        return relative_error(areas, target, scale=self.scale).square().mean(dim=1)

    def extra_repr(self) -> str:
        """What ``print`` shows of it."""
        form = f", form={self.form!r}" if self.estimator == "faces" else ""
        return f"estimator={self.estimator!r}{form}, phases={self.twin_keys!r}"

    def _areas(self, field: Tensor) -> Tensor:
        voxel_um, periodic = self.grid.voxel_um, self.grid.periodic
        if self.estimator == "tv":
            return total_variation_densities(field, voxel_um, periodic)
        return face_densities(field, voxel_um, periodic, self.form)

    def _chosen(self, of_phases: Tensor) -> Tensor:
        if self.channels == tuple(range(of_phases.shape[1])):
            return of_phases
        # Not of_phases[:, channels]: that makes an index tensor, on whatever device is the default.
        return torch.stack([of_phases[:, channel] for channel in self.channels], dim=1)


def _length_value(z: Tensor, y: Tensor, x: Tensor, weights: list[float]) -> Tensor:
    return _length(z, y, x, weights).mean(dim=(2, 3, 4))


def _length_slopes(
    gradient: Tensor, z: Tensor, y: Tensor, x: Tensor, weights: list[float]
) -> tuple[Tensor, Tensor, Tensor]:
    # The length of a vector has no gradient at 0, and all but 0 is where a structure is solid: there the slopes are
    # rounding errors, and the plain norm would send each voxel a full-sized gradient in whatever direction they point.
    # The value stays exact; of the gradient, what comes from slopes that rounding alone can make fades as their square.
    length = _length(z, y, x, weights)
    top = length.clamp_min(ROUNDING * torch.finfo(z.dtype).eps)
    each = length.div_(top.square_()).mul_((gradient / z[0, 0].numel())[:, :, None, None, None])
    of_z, of_y, of_x = (weight**2 for weight in weights)
    return (each * z).mul_(of_z), (each * y).mul_(of_y), (each * x).mul_(of_x)


_mean_length = with_slope(_length_value, _length_slopes)


def _length(z: Tensor, y: Tensor, x: Tensor, weights: list[float]) -> Tensor:
    of_z, of_y, of_x = (weight**2 for weight in weights)
    squared = (of_z * z.square()).addcmul_(y, y, value=of_y).addcmul_(x, x, value=of_x)
    return squared.sqrt_()
