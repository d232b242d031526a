"""First passage: number of voxels to convert until a phase crosses, and until all of it is joined to a face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Gt, Lt
from torch import Tensor, nn

from porenet.interface import Face, Grid, InputError, Phase, axis_of, layer_of, opened, opposite
from porenet.passage import crossing, margin_of, passage_cost, travel
from porenet.sharing import shared
from porenet.targets import target_like
from porenet_topology.faces import outlet_of


def cost_through(cost: Tensor, inlet: Face, outlet: Face, periodic: tuple[bool, bool, bool]) -> Tensor:
    """Cost of the cheapest path from face to face, per slice.

    Args:
        cost: ``(B, Z, Y, X)``, cost of passing each voxel, dimensionless, >= 0.
        inlet: face where the path begins.
        outlet: face where it ends.
        periodic: per axis (z, y, x); the axes of both faces are taken as open.

    Returns:
        ``(B,)``, dimensionless: the sum along the path, divided by the voxels of the shortest possible path, see
        `slices`.
    """
    return crossing(cost, inlet, outlet, periodic=periodic) / slices(cost, inlet, outlet)


def cost_to_reach(cost: Tensor, held: Tensor, inlet: Face, periodic: tuple[bool, bool, bool]) -> Tensor:
    """Mean cost of joining a voxel of the phase to a face.

    Args:
        cost: ``(B, Z, Y, X)``, cost of passing each voxel, dimensionless, >= 0.
        held: ``(B, Z, Y, X)`` bool, the voxels of the phase.
        inlet: the face.
        periodic: per axis (z, y, x); that of the face is taken as open.

    Returns:
        ``(B,)``, voxels; where there is no voxel of the phase, the cost of a path to the opposite face.
    """
    return _mean_to(travel(cost, inlet, periodic=periodic), held, inlet)


def held_by(probabilities: Tensor, channel: int) -> Tensor:
    """The voxels that the argmax gives to a phase.

    Args:
        probabilities: ``(B, P, Z, Y, X)``, dimensionless.
        channel: channel of the phase, 0 to P - 1.

    Returns:
        ``(B, Z, Y, X)`` bool; ties go to the lower channel.
    """
    # A tenth of the time of torch's own argmax over the channels on a CPU, half that of its amax.
    own = probabilities[:, channel]
    leads = torch.ones_like(own, dtype=torch.bool)
    for other in range(probabilities.shape[1]):
        if other != channel:
            rival = probabilities[:, other]
            leads = leads & (own > rival if other < channel else own >= rival)
    return leads


def slices(field: Tensor, inlet: Face, outlet: Face) -> int:
    """Voxels of the shortest path between two faces.

    Args:
        field: ``(..., Z, Y, X)``.
        inlet: one face.
        outlet: another.

    Returns:
        The number of slices between opposite faces; 1 between faces that share an edge of the box, because the voxels
        along that edge belong to both.
    """
    axis, _ = layer_of(inlet)
    return field.shape[axis - 3] if outlet == opposite(inlet) else 1


class FirstPassage(nn.Module):
    r"""Cost of the cheapest repair of a phase's network: exact, and 0 only if the decoded structure needs none.

    A voxel in which the phase leads by the margin is free to pass; any other voxel costs more the further the phase
    trails its strongest rival. T is the lowest total cost of a path, from voxel to voxel across their faces, from the
    inlet:

    .. math::
        c(v) = \frac{\max(0, \delta - m(v))}{1 + \delta}, \qquad m = p_c - \max_{k \ne c} p_k, \qquad
        T(v) = \min_{w:\, inlet \to v} \sum_{u \in w} c(u)

    A voxel that certainly belongs to another phase costs 1, so that on a structure T counts the voxels to convert.
    (First passage percolation: Hammersley and Welsh 1965, https://doi.org/10.1007/978-3-642-99884-3_7.)

    ``through`` is the smallest T on the outlet, divided by the number of slices between the faces (1 for faces that
    meet at an edge of the box): 0 to 1. It is 0 exactly where the voxels of margin >= delta join the two faces, hence
    only if the argmax percolates; the converse does not hold, because margins below delta still cost. ``reachable`` is
    the mean of T over the voxels that the argmax gives to the phase: how many voxels must be converted, on average, to
    join a voxel of the phase to its reservoir, the inlet. It is 0 only if all of them are joined. Where the argmax has
    no voxel of the phase, it is the cost of a path to the face opposite the inlet, in voxels too; so in a structure an
    absent phase costs more than a present one. ``both`` is the sum.

    The gradient is exact: at every deficient voxel of the cheapest path -1 on the phase and +1 on its strongest rival,
    so a broken channel is repaired along its whole length at once; for ``reachable`` each voxel is weighted by the
    share of the phase that it connects. Collapsed and flat fields have a gradient too: among paths of equal cost one is
    chosen.

    It always reads the probabilities, whatever the run's relaxation, because a decoded structure has no margins.

    Without a target it maximises: it demands a network that crosses (and is whole), even where that of the real
    material does not. Against a target each column d costs

    .. math::
        L = \begin{cases} d \, (1 - t / d_{hard}) & d_{hard} > t \\ \max(0, d - t) & \text{otherwise} \end{cases}

    with d_hard the column of the argmax. On a structure that is max(0, d - t); on probabilities max(0, d - t) alone
    could be met by voxels converted half-way, which the argmax does not show. It is 0 only if the argmax meets the
    target. ``target = "structures"`` reads one target per sample; to match the spread of the training structures
    instead, name this loss as the ``descriptor`` of `porenet_statistics.losses.distribution.Distribution`; it then
    reads the field as the run's relaxation shows it to all losses.

    Known defects. Voxels are counted, whatever the lengths of their edges. Only one cheapest path is repaired although
    others may cost hardly more, and a neck of one voxel suffices, however little it conducts. ``reachable`` alone does
    not demand a crossing, and it also falls where parts that are not joined lose their voxels to other phases.

    Args:
        grid: the phases and which axes are periodic; the axes of ``inlet`` and ``outlet`` are taken as open.
        phase: the phase whose network it is.
        inlet: face of the reservoir, where every path begins.
        outlet: face to be reached; default: the opposite one. Its only effect on ``reachable`` is that its axis is
            open.
        margin: delta, by which the phase must lead, dimensionless, above 0 and below 1.
        form: ``through``, ``reachable`` or ``both``.
        target: 0 to maximise; a value for the chosen form (``through`` dimensionless, below 1; ``reachable`` in
            voxels); or ``structures``: the values of each sample's target structure.

    Raises:
        InputError: inlet and outlet are the same face, the target does not fit the form, or the grid has no such phase.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        phase: Phase,
        inlet: Face = "z_min",
        outlet: Face | None = None,
        margin: Annotated[float, Gt(0), Lt(1)] = 0.1,
        form: Literal["through", "reachable", "both"] = "both",
        target: Literal["structures"] | Annotated[float, Ge(0)] = 0.0,
    ) -> None:
        super().__init__()
        outlet = outlet_of(inlet, outlet)
        if isinstance(target, float | int) and target > 0:
            _check_target(target, form)
        self.phase, self.inlet, self.outlet = phase, inlet, outlet
        self.margin, self.form, self.target = margin, form, target
        self.channel = grid.index(phase)
        self.periodic = opened(grid.periodic, axis_of(inlet), axis_of(outlet))
        self.crossed_axes = (axis_of(inlet), axis_of(outlet))
        self.twin_params: dict[str, Any] = {"inlet": inlet, "outlet": outlet}
        self.twin_keys = tuple(f"{phase}.{column}" for column in ("through", "reachable") if form in (column, "both"))

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Values of the forms.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.

        Returns:
            ``(B, 1)``, or ``(B, 2)`` if ``both``: ``through``, dimensionless, 0 to 1, and ``reachable``, voxels; the
            keys of the metric ``first_passage`` on one-hot fields.
        """
        return self._columns(*self._cost(probabilities))

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: with ``target = "structures"``, ``first_passage``: the descriptor of each sample's target
                structure, ``(B, 1)`` or ``(B, 2)``; NaN where there is none.

        Returns:
            ``(B,)``, >= 0: the sum over the forms asked for.

        Raises:
            InputError: the target has another shape.
        """
        cost, held = self._cost(probabilities)
        columns = self._columns(cost, held)
        if self.target == 0:
            return columns.sum(dim=1)
        if self.target == "structures":
            target = target_like(targets, "first_passage", columns).clamp_min(0)
        else:
            target = torch.full_like(columns, self.target)
        undefined = target.isnan()
        target = target.nan_to_num(0.0)
        with torch.no_grad():
            decoded = self._columns((~held).to(cost.dtype), held)
        missed = decoded > target
        share = 1 - target / torch.where(missed, decoded, torch.ones_like(decoded))
        lost = torch.where(missed, columns * share, torch.relu(columns - target))
        return torch.where(undefined, torch.zeros_like(lost), lost).sum(dim=1)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return (
            f"phase={self.phase!r}, inlet={self.inlet!r}, outlet={self.outlet!r}, margin={self.margin}, "
            f"form={self.form!r}, target={self.target!r}"
        )

    def _cost(self, probabilities: Tensor) -> tuple[Tensor, Tensor]:
        """The cost of passing each voxel, and the voxels that the argmax gives to the phase, ``(B, Z, Y, X)``."""
        cost = passage_cost(shared(margin_of, probabilities, self.channel), self.margin)
        return cost, held_by(probabilities.detach(), self.channel)

    def _columns(self, cost: Tensor, held: Tensor) -> Tensor:
        if self.form == "through":
            return cost_through(cost, self.inlet, self.outlet, self.periodic).unsqueeze(1)
        if self.form == "reachable":
            return cost_to_reach(cost, held, self.inlet, self.periodic).unsqueeze(1)
        # One search for both forms: `crossing` would stop at the outlet, but by then it has passed nearly all voxels.
        total = travel(cost, self.inlet, periodic=self.periodic)
        through = _least_on(total, self.outlet) / slices(cost, self.inlet, self.outlet)
        return torch.stack([through, _mean_to(total, held, self.inlet)], dim=1)


def _check_target(target: float, form: str) -> None:
    if form == "both":
        raise InputError(
            f"{target:g} cannot be a target of both forms: one is dimensionless, the other in voxels",
            where="target",
            fix="Use two terms, one per form, or target = 'structures'.",
        )
    if form == "through" and target >= 1:
        raise InputError(f"a value below 1 was expected, not {target:g}: an absent phase has 1", where="target")


def _mean_to(total: Tensor, held: Tensor, inlet: Face) -> Tensor:
    voxels = held.sum(dim=(1, 2, 3))
    # A product takes a third of the time of torch.where, back as well.
    mean = (total * held).sum(dim=(1, 2, 3)) / voxels.clamp_min(1)
    return torch.where(voxels > 0, mean, _least_on(total, opposite(inlet)))


def _least_on(total: Tensor, face: Face) -> Tensor:
    """The least value on a face, ``(B,)``; of equal ones only the first has the gradient: one path is repaired."""
    axis, end = layer_of(face)
    return total.select(1 + axis, end).flatten(1).min(dim=1).values
