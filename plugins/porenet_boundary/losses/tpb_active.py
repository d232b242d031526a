"""Active triple-phase boundary: length of the triple lines whose three phases are all supplied."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from annotated_types import Gt, Le
from porenet_estimators.precision import channels_in_full
from porenet_estimators.triple_products import SIGMA
from torch import Tensor, nn

from porenet.interface import Face, Grid, Phase, axis_of, opened
from porenet.passage import margin_of, passage_cost, travel
from porenet.sharing import shared
from porenet.targets import guard_like, relative_error, target_like
from porenet_boundary.activity import supplying_faces
from porenet_boundary.losses.line_length import REAL_RATIOS, LineLength
from porenet_boundary.phase_triple import triple_channels

ASSUMED_GUARD = 2
"""Guard of a target that has none, per its active length; of real electrodes half of the lines and more are active."""


def supplied_share(
    probabilities: Tensor,
    channels: tuple[int, ...],
    faces: tuple[Face, ...],
    periodic: tuple[bool, bool, bool],
    margin: float,
    temperature: float,
) -> Tensor:
    """Degree to which each voxel is joined to the face that supplies a phase: ``exp(-T / temperature)``.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.
        channels: channels of the K phases.
        faces: the face that supplies each phase.
        periodic: per axis (z, y, x); an axis along which a phase is supplied must be open.
        margin: lead that makes a voxel free to pass, 0 to 1, dimensionless.
        temperature: scale of T, voxels to convert, above 0.

    Returns:
        ``(B, K, Z, Y, X)``, 0 to 1, dimensionless, at least float32.
    """
    costs = [passage_cost(shared(margin_of, probabilities, channel), margin) for channel in channels]
    # One search for all phases that start from the same face: more samples to share among the threads.
    travelled: dict[int, Tensor] = {}
    for face in dict.fromkeys(faces):
        places = [i for i, supplying in enumerate(faces) if supplying == face]
        together = travel(torch.cat([costs[i] for i in places]), face, periodic=periodic)
        travelled.update(zip(places, together.chunk(len(places)), strict=True))
    return torch.stack([travelled[i] for i in range(len(channels))], dim=1).div(-temperature).exp()


class ActiveTriplePhaseBoundary(nn.Module):
    r"""Squared relative error of each sample's length of active triple line per volume.

    A triple line works where pore, electron and ion conductor each reach their own reservoir. The length is that of
    `porenet_boundary.losses.tpb.TriplePhaseBoundary` with each phase replaced, where its product counts it, by the part
    of it that is supplied:

    .. math:: q_i = G_\sigma * (p_i \, e^{-T_i / \tau})

    with T_i(v) the lowest total cost of a path from the phase's reservoir to the voxel (first passage,
    `porenet.passage`); ``coarea`` takes its slopes of the whole phases. It is the length times the product of the
    shares q_i / p_i of each phase nearby that are supplied; nothing is divided, so the gradient is finite where a phase
    is absent. It has two parts: one creates lines where the phases are supplied, the other joins parts that have lines.

    On a structure T counts the voxels to convert, 0 where the phase is joined. The length then is ``active`` of the
    metric ``tpb`` (same estimator, ``reachable``), but for a leak: a phase behind a gap of k voxels still counts exp(-k
    / temperature) of itself, 0.007 behind one voxel at the default. The leak gives the gradient at the gap: it acts on
    all its voxels at once, exp(-k / temperature) / temperature times as strongly as on the phase itself. A smaller
    temperature is more exact, but reaches less far. In a trial that had to restore the length of a severed structure by
    descent, temperature 0.2 ended within 3 % of it on the metric, 0.25 up to 9 % short of it, and 0.5 at half of it,
    with lines whose supply lacks one voxel.

    With ``triple`` the length of all lines, by the same reading, is bounded by that of the target's structure: to L is
    added max(0, total / total of the target - 1)^2. Speckle of which little is supplied otherwise meets the active
    length with 9 times the edges that are active.

    It always reads the decoded structure, because on undecided probabilities lengths are not real (see `tpb`). So paths
    through a gap differ by their number of voxels only, not by how nearly these are converted; of paths that cost the
    same one is taken, always the same.

    To match the spread of training structures instead of a value for each sample, name this loss as the ``descriptor``
    of the loss ``distribution``.

    Known defects. In a small box the bound can hold a repair back: of a 12^3 structure cut by two voxels, 0.44 of the
    active length was back after 400 steps (0.73 without the bound; 1.03 at 16^3 and more). Those of `tpb`: no gradient
    where a phase is absent, the field is flat or all interfaces are parallel. It does not reach across gaps of more
    than one or two voxels; use ``first_passage`` to close those. Parts that may be joined outside the box count as not
    joined.

    Args:
        grid: the phases, the voxel edges (um) and which axes are periodic; an axis along which a phase is supplied is
            taken as open.
        phase_triple: the three phases, required where the grid has more.
        reservoirs: the face that feeds each phase; by default z_min for Ni and pore, z_max for YSZ. Other phases may be
            named and are ignored.
        estimator: ``triple`` or ``coarea``; the target must have been measured with the same.
        sigma: for ``triple``, standard deviation of the Gaussian, longest voxel edges.
        temperature: tau, voxels to convert.
        margin: lead over the strongest other phase that makes a voxel free to pass, dimensionless, above 0; has no
            effect on the value of a decoded structure.

    Raises:
        InputError: the grid has two phases, ``phase_triple`` is missing, repeated or unknown, the face of a phase is
            not known, or a ``sigma`` with ``coarea``.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        phase_triple: tuple[Phase, Phase, Phase] | None = None,
        reservoirs: dict[Phase, Face] | None = None,
        estimator: Literal["triple", "coarea"] = "triple",
        sigma: Annotated[float, Gt(0)] = SIGMA,
        temperature: Annotated[float, Gt(0)] = 0.2,
        margin: Annotated[float, Gt(0), Le(1)] = 0.1,
    ) -> None:
        super().__init__()
        self.channels = triple_channels(grid, phase_triple, "tpb_active")
        self.phase_triple = tuple(grid.phases[channel] for channel in self.channels)
        self.faces = tuple(supplying_faces(self.phase_triple, reservoirs, "tpb_active"))
        self.temperature, self.margin = temperature, margin
        self.length = LineLength(grid, estimator, sigma, "tpb_active")
        self.crossed_axes = tuple(map(axis_of, self.faces))
        self.wraps_in_supply = opened(grid.periodic, *self.crossed_axes)
        self.scale = math.prod(grid.voxel_um) ** (-2 / 3)  # um^-2, stands in for a target of 0
        self.witness_params: dict[str, Any] = {
            "phase_triple": self.phase_triple,
            "active": "reachable",
            "reservoirs": dict(zip(self.phase_triple, self.faces, strict=True)),
        }
        self.twin_params = {**self.length.params, **self.witness_params}
        self.witness_keys = ("active",)
        self.guards = int(estimator == "triple")
        self.twin_keys = ("active", "total") if self.guards else ("active",)
        self.witness_range = REAL_RATIOS
        self.target_estimators = dict.fromkeys(("tpb_active", "tpb_active.guard")[: 1 + self.guards], self.length.name)

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Active length per volume, um^-2, 0 to the total; `tpb`'s ``active`` and the leak.

        ``(B, 1)``, or with ``triple`` ``(B, 2)``: the total is the second.
        """
        total = self._total(probabilities)
        active = torch.minimum(self._length(probabilities), total).clamp_min(0)
        return torch.cat([active, total], dim=1) if self.guards else active

    def target_of(self, probabilities: Tensor) -> dict[str, Tensor]:
        """Active and, with ``triple``, total length per volume, each ``(B, 1)``, um^-2, by their keys."""
        values = torch.split(self.descriptor(probabilities), 1, dim=1)
        return dict(zip(self.target_estimators, values, strict=True))

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``tpb_active``: ``(B,)`` um^-2, measured with the estimator of the loss; NaN where a sample has no
                target. Against a target of 0 the error is the length times the squared geometric mean of the voxel
                edges. ``tpb_active.guard``, for ``triple``: likewise, the length of all lines; without it the guard is
                twice the target.

        Returns:
            ``(B,)``, dimensionless, >= 0.

        Raises:
            InputError: the target has another shape, or was measured with another estimator.
        """
        length = self._length(probabilities)
        target = target_like(targets, "tpb_active", length, estimator=self.length.name)
        # Not clamped where a line is wanted: the clamp would remove the gradient of a line that is about to form.
        length = torch.where(target > 0, length, length.clamp_min(0))
        values = relative_error(length, target, scale=self.scale).square()
        if self.guards:
            guard = guard_like(
                targets,
                "tpb_active.guard",
                length,
                estimator=self.length.name,
                assumed=ASSUMED_GUARD * target,
                measure=f"the length of all lines; {ASSUMED_GUARD} times 'tpb_active' is taken",
            )
            values = values + relative_error(self._total(probabilities), guard, scale=self.scale).relu().square()
        return values.squeeze(1)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        supplied = ", ".join(f"{phase} from {face}" for phase, face in zip(self.phase_triple, self.faces, strict=True))
        return f"{supplied}, estimator={self.length.name!r}, temperature={self.temperature}, margin={self.margin}"

    def _total(self, probabilities: Tensor) -> Tensor:
        return self.length(channels_in_full(probabilities, self.channels)).unsqueeze(1).clamp_min(0)

    def _length(self, probabilities: Tensor) -> Tensor:
        triple = channels_in_full(probabilities, self.channels)
        share = supplied_share(
            probabilities, self.channels, self.faces, self.wraps_in_supply, self.margin, self.temperature
        )
        return self.length(triple, share).unsqueeze(1)
