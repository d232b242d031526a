"""Surface area of each phase per total volume, compared with targets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from annotated_types import Gt
from porenet_estimators.face_fields import face_densities
from porenet_estimators.heat import SIGMA
from porenet_estimators.heat_fields import heat_surfaces
from porenet_estimators.total_variation_fields import total_variation_densities
from torch import Tensor, nn

from porenet.interface import Grid, InputError, Phase
from porenet.targets import guard_like, relative_error, target_like

Estimator = Literal["guarded", "heat", "tv", "faces"]
Form = Literal["product", "absolute"]

REAL_RATIOS = (0.9, 3.0)
"""Area by Crofton per area by total variation, or by heat, of real structures: 1.02 to 2.81 at 62 to 128 voxels."""
ASSUMED_GUARD = 1.25
"""Guard of a target that has none, per its area by total variation. Heat reads 0.97 to 1.10 of that on the structures
tried, and 1.47 of it on the roughest."""


class SurfaceArea(nn.Module):
    r"""Squared relative error of each sample's surface areas per total volume, with a guard against speckle.

    .. math::
        L = \frac{1}{K} \sum_c \left( \frac{S_c}{S_c^{target}} - 1 \right)^2
          + \frac{1}{K} \sum_c \max \left( 0, \frac{H_c}{H_c^{target}} - 1 \right)^2

    S_c is the surface density S_V of phase c, per total volume, the outer faces of the box not counted (S. Torquato,
    Random Heterogeneous Materials, 2002, https://doi.org/10.1007/978-1-4757-6355-3): the total variation of the phase
    smoothed with a Gaussian. A gradient reaches every voxel near a surface; the published pipeline had no gradient, see
    `porenet_statistics.losses.ssa_severed.SurfaceAreaSevered`.

    The second sum is the guard. A Gaussian does not see what is as fine as a voxel: a checkerboard has no total
    variation, so that ``tv`` alone is met by structures full of speckle, with 8 to 12 times the area by Crofton's
    formula. H_c, the area by heat (`porenet_estimators.heat.heat_densities`), counts fine features no less than coarse
    ones. It only bounds the area from above: total variation grows area at interfaces, the guard removes speckle.

    Known defects. An area does not determine the shape: many fingers and one rough wall can have the same area. The
    guard does not see what is missing: a target with area below the filter's resolution (Crofton 1.2 to 1.6 times the
    total variation) is met by structures with 0.75 to 1.02 of the area by Crofton. On soft probabilities the areas of
    ``tv`` and of ``form = "absolute"`` fall with the contrast, so that a faint pattern meets a small target, and they
    have no gradient where the field is flat; by ``heat`` and with ``form = "product"`` an undecided flat field has an
    area: p = (0.36, 0.34, 0.30) everywhere counts 46, 45 and 42 % of all faces, more than most electrodes. So run it
    with ``relax = "straight_through"``, but not ``absolute``: on a structure the gradient of \|p - q\| is as large on
    either side of a wall, so both sides swap phases and the area stays or grows. Over 150 Adam steps on a 12^3 pattern
    that should halve its area, the mean squared error went from 1 to 8.7 with ``absolute``, to 0.03 with ``product``
    and below 0.0001 with ``tv``; for a pattern that should double its area it stayed at 0.25 with ``absolute``, and
    went to 0 with ``product`` and 0.08 with ``tv`` (which reads low on features as fine as its Gaussian).

    Args:
        grid: the phases, the voxel edges (um) and which axes are periodic.
        estimator: ``guarded``, the total variation (a Gaussian of the longest voxel edge: 1.00 of the area in any
            orientation, low on features under about 5 voxels) with the guard; ``heat``, that one reading alone, against
            the target from both sides; ``tv``, the total variation alone, which is blind to voxel-fine speckle; or
            ``faces``, the area of the faces between unlike voxels: exact for the voxels, 1.5 times the real surface in
            random orientation. The target must have been measured with the same estimator.
        form: for ``faces``, how unlike two voxels of probability p and q are: ``product`` p (1 - q) + q (1 - p), or
            ``absolute`` \|p - q\|; both are equal on a structure.
        sigma: for ``guarded`` and ``heat``, standard deviation of the Gaussian of the heat, longest voxel edges. An
            interface is free to move where its radius of curvature is below about 2.5 sigma^2 voxels.
        phase_subset: phases whose areas count; default: all.

    Raises:
        InputError: no phase, a phase twice, a ``form`` without ``faces``, or a ``sigma`` without heat.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        estimator: Estimator = "guarded",
        form: Form = "product",
        sigma: Annotated[float, Gt(0)] = SIGMA,
        phase_subset: tuple[Phase, ...] | None = None,
    ) -> None:
        super().__init__()
        chosen = grid.phases if phase_subset is None else tuple(phase_subset)
        if not chosen or len(set(chosen)) < len(chosen):
            raise InputError(
                f"one or more different phases were expected, not {list(chosen)}", where="ssa.phase_subset"
            )
        _refuse_unread(estimator, form, sigma)
        self.estimator, self.form, self.sigma = estimator, form, sigma
        self.grid, self.channels = grid, tuple(grid.index(phase) for phase in chosen)
        self.scale = math.prod(grid.voxel_um) ** (-1 / 3)  # um^-1, stands in for a target of 0
        heat = f"heat_{sigma:g}"
        self.twin_params: dict[str, Any] = {"estimator": estimator, "per": "volume"}
        self.twin_keys = self.witness_keys = chosen
        self.target_estimators = {"ssa": {"guarded": "tv", "heat": heat}.get(estimator, estimator)}
        self.guards = 0
        if estimator in ("guarded", "heat"):
            self.twin_params["sigma"] = sigma
        if estimator == "guarded":
            self.guards = len(chosen)
            self.twin_keys = (*chosen, *(f"{phase}.{heat}" for phase in chosen))
            self.target_estimators["ssa.guard"] = heat
        self.witness_range = None if estimator == "faces" else REAL_RATIOS

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Surface densities of the chosen phases, ``(B, K)``, um^-1; the metric ``ssa`` on one-hot fields.

        With ``guarded`` ``(B, 2 K)``: by total variation, then by heat.
        """
        field = self._select(probabilities)
        return torch.cat([self._areas(field), self._heat(field)], dim=1) if self.guards else self._areas(field)

    def target_of(self, probabilities: Tensor) -> dict[str, Tensor]:
        """Surface densities of all phases, ``(B, P)``, um^-1: the targets that a structure gives, by their keys."""
        targets = {"ssa": self._areas(probabilities)}
        return targets | {"ssa.guard": self._heat(probabilities)} if self.guards else targets

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``ssa``: ``(B, P)`` um^-1 per total volume in the order of the grid's phases, those not chosen
                included; NaN where a phase has no target. Against a target of 0 the error is the area times the
                geometric mean of the voxel edges. ``ssa.guard``, for ``guarded``: likewise, by heat; without it the
                guard is 1.25 times the target.

        Returns:
            ``(B,)``, dimensionless, >= 0.

        Raises:
            InputError: the target has another shape, or was measured with another estimator.
        """
        return self.from_descriptor(self.descriptor(probabilities), targets)

    def from_descriptor(self, values: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """The loss of fields with these descriptors, ``(B, K)`` or ``(B, 2 K)`` um^-1; otherwise as `forward`."""
        areas, heat = values[:, : len(self.channels)], values[:, len(self.channels) :]
        every = values.new_empty((len(values), len(self.grid.phases)))  # only its shape and dtype are read
        target = target_like(targets, "ssa", every, estimator=self.target_estimators["ssa"])
        errors = self._errors(areas, target).square().mean(dim=1)
        if not self.guards:
            return errors
        guard = guard_like(
            targets,
            "ssa.guard",
            every,
            estimator=self.target_estimators["ssa.guard"],
            assumed=ASSUMED_GUARD * target,
            measure=f"areas by heat; {ASSUMED_GUARD} times 'ssa' is taken",
        )
        return errors + self._errors(heat, guard).relu().square().mean(dim=1)

    def descriptor_of_targets(self, targets: Mapping[str, Tensor]) -> Tensor:
        """The descriptor of a structure with these targets, each ``(B, P)`` um^-1; NaN where one is missing."""
        keys = ("ssa", "ssa.guard") if self.guards else ("ssa",)
        missing = torch.full_like(targets["ssa"], torch.nan)
        return torch.cat([self._select(targets.get(key, missing)) for key in keys], dim=1)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        form = f", form={self.form!r}" if self.estimator == "faces" else ""
        width = f", sigma={self.sigma:g}" if "sigma" in self.twin_params else ""
        return f"estimator={self.estimator!r}{form}{width}, phase_subset={self.witness_keys!r}"

    def _areas(self, field: Tensor) -> Tensor:
        voxel_um, periodic = self.grid.voxel_um, self.grid.periodic
        if self.estimator == "faces":
            return face_densities(field, voxel_um, periodic, self.form)
        return self._heat(field) if self.estimator == "heat" else total_variation_densities(field, voxel_um, periodic)

    def _heat(self, field: Tensor) -> Tensor:
        return heat_surfaces(field, self.grid.voxel_um, self.grid.periodic, self.sigma)

    def _errors(self, areas: Tensor, target: Tensor) -> Tensor:
        return relative_error(areas, self._select(target), scale=self.scale)

    def _select(self, of_phases: Tensor) -> Tensor:
        if self.channels == tuple(range(of_phases.shape[1])):
            return of_phases
        # Not of_phases[:, channels]: that makes an index tensor, on whatever device is the default.
        return torch.stack([of_phases[:, channel] for channel in self.channels], dim=1)


def _refuse_unread(estimator: Estimator, form: Form, sigma: float) -> None:
    """Refuse parameters that the estimator does not read."""
    if estimator != "faces" and form != "product":
        raise InputError(
            f"the form {form!r} is one of counting faces, and the estimator is {estimator!r}",
            where="ssa.form",
            fix="Use estimator = 'faces', or leave the form out.",
        )
    if estimator in ("tv", "faces") and sigma != SIGMA:
        raise InputError(
            f"sigma is the width of the heat's Gaussian, and the estimator is {estimator!r}",
            where="ssa.sigma",
            fix="Use estimator = 'guarded' or 'heat', or leave sigma out.",
        )
