"""Two-point probability S2 at every lag of a ball, compared with that of a structure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Gt
from porenet_estimators.axis_correlation_fields import axis_correlations
from porenet_estimators.axis_lags import named_lags
from porenet_estimators.lags import edges_for_lags, refuse_other_lags
from porenet_estimators.pair_correlation_fields import lag_weights, pair_correlations
from porenet_estimators.phase_pairs import Pairs, phase_pairs, usual_pairs
from torch import Tensor, nn

from porenet.interface import Grid, InputError
from porenet.targets import target_like

Directions = Literal["ball", "radial", "axes"]

LEAST_VARIANCE = 1e-3
"""Least phi (1 - phi) that an error is divided by: a phase of one voxel in a thousand, or an absent one."""


class TwoPointProbability(nn.Module):
    r"""Squared error of the two-point probabilities of each sample, every distance with the same weight.

    .. math::
        L = \frac{1}{R} \sum_{\rho = 0}^{R - 1} \left\langle \left\langle \left( \frac{S_{ij}(r) - S_{ij}^{target}(r)}
        {\sqrt{\phi_i (1 - \phi_i) \, \phi_j (1 - \phi_j)}} \right)^2 \right\rangle_{ij}
        \right\rangle_{r:\, \lVert r \rVert \in \rho}

    with S_ij(r) the probability that a point lies in phase i and the point at r from it in phase j, over all pairs
    inside the box, and rho the shells of one voxel, R of them; phi are the fractions in the target. All lags come from
    one FFT a phase. Definition: S. Torquato, Random Heterogeneous Materials (2002),
    https://doi.org/10.1007/978-1-4757-6355-3.

    Shells weigh the same, not lags: there are r^2 times as many far lags as near ones, and near ones hold the surface.
    With equal lags structures of a real electrode optimised from noise were left with 2.5 to 3.1 times its area, with
    the axes alone 2.1 to 2.8, with shells 1.1 to 1.4.

    Up to three phases the terms of two phases follow from those of one, because for each first phase the probabilities
    of all second phases add up to its fraction (exactly so on periodic boxes); more need ``pairs = "all"``.

    Known defects. S2 does not determine a structure: of runs that met it on a real electrode two in five lost the
    connection of a phase, and tortuosity factors varied by 2 to 3. At r = 0 it reads the mean of p^2, so that an
    undecided field does not meet it. On a structure S2(0) and S2 at one voxel depend on single voxels: run it with
    ``relax = "straight_through"``. A target of one small structure at all lags may determine that structure up to
    shifts and inversion (phase retrieval): look at ``overlap`` in the report of ``porenet reconstruct``.

    Args:
        grid: the phases, the voxel edges (um) and which axes are periodic.
        directions: ``ball``, every lag up to the reach; ``radial``, only the mean of each shell, for structures that
            are the same in all directions; ``axes``, lags along the axes alone, which leaves the diagonals to chance.
        pairs: not of ``axes``: ``auto``, both points in the same phase; ``all``, also in two phases; ``directed``
            (``ball`` only), these at r and -r by themselves. Default: ``auto`` for up to three phases, else ``all``.
        reach_um: not of ``axes``: longest lag, um; default: 16 voxels, at most half of the shortest edge of the box.
            Give it where the target comes from a box of another shape.
        lags_um: of ``axes``: distances, um; default: 1, 2, 4, ... times the shortest voxel edge, up to half of the
            longest edge of the box.

    Raises:
        InputError: ``pairs`` or ``reach_um`` with ``axes``, ``lags_um`` without, or directed pairs without ``ball``.
    """

    def __init__(
        self,
        grid: Grid,
        *,
        directions: Directions = "ball",
        pairs: Pairs | None = None,
        reach_um: Annotated[float, Gt(0)] | None = None,
        lags_um: tuple[Annotated[float, Ge(0)], ...] | None = None,
    ) -> None:
        super().__init__()
        _refuse_unread(directions, pairs, reach_um, lags_um)
        self.grid, self.directions, self.reach_um, self.lags_um = grid, directions, reach_um, lags_um
        self.pairs: Pairs = pairs or usual_pairs(grid.phases)
        self.listed = phase_pairs(grid.phases, "auto" if directions == "axes" else self.pairs)
        self.twin_params: dict[str, Any] = {"directions": directions}
        if directions == "axes":
            self.twin_params["lags_um"] = lags_um
            self.witness_params: dict[str, Any] = {"directions": "diagonals", "unlike": True}
        else:
            self.twin_params |= {"pairs": self.pairs, "reach_um": reach_um}
            self.witness_params = {"directions": "beyond", "reach_um": reach_um, "unlike": True}
        if (
            directions != "ball"
        ):  # whose lags, and so their weights, depend on the box, which a descriptor does not show
            self.from_descriptor = self._of_shells
        self.target_estimators = {"s2": directions if self.pairs == "auto" else f"{directions}/{self.pairs}"}

    @property
    def lag_unit_um(self) -> float | None:
        """Length of which the lags of the columns are multiples, um; None where the lags are stated."""
        return None if self.lags_um is not None else min(self.grid.edges_um)

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Two-point probabilities, ``(B, K)``, dimensionless; the metric ``s2`` on one-hot fields, in its order.

        NaN at a lag that is longer than the box.
        """
        grid = self.grid
        if self.directions == "axes":
            lags = list(self._axis_lags(probabilities).values())
            return axis_correlations(probabilities, lags, grid.voxel_um, grid.periodic, range(3 - grid.dims, 3))
        return pair_correlations(
            probabilities,
            edges_for_lags(grid),
            grid.periodic,
            self.listed,
            reach_um=self.reach_um,
            directions=self.directions,
            directed=self.pairs == "directed",
        )

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``s2``: ``(B, K)`` in the order of the descriptor, dimensionless; NaN where there is no target. A
                phase whose fraction is below 0.001 there counts as if it had that.

        Returns:
            ``(B,)``, dimensionless, >= 0; 1e-4 is an error of 1 % of phi (1 - phi) in the root mean square.

        Raises:
            InputError: the target has other lags, or was measured in other directions or pairs.
        """
        values = self.descriptor(probabilities)
        if self.directions != "ball":
            return self._of_shells(values, targets)
        edges, wraps = list(edges_for_lags(self.grid)), list(self.grid.periodic)
        lags = lag_weights(probabilities.detach(), edges, wraps, self.reach_um, self.directions)
        return self._compared(values, targets, lags)

    def _of_shells(self, values: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """The loss of fields with these probabilities, ``(B, K)``, of distances, all of which weigh the same."""
        length = values.shape[1] // len(self.listed)
        return self._compared(values, targets, values.new_full((length,), 1 / length))

    def _compared(self, values: Tensor, targets: Mapping[str, Tensor], one_way: Tensor) -> Tensor:
        """The loss of fields with these probabilities, from the weights of a pair's lags one way."""
        parameter = "lags_um" if self.directions == "axes" else "reach_um"
        refuse_other_lags("s2", tuple(targets["s2"].shape), values.shape[1], parameter)
        target = target_like(targets, "s2", values, estimator=self.target_estimators["s2"])
        blocks, weights = self._blocks(one_way)
        known = ~(target.isnan() | values.isnan())
        highest = [torch.where(known, target, 0)[:, block].amax(dim=1).clamp(0, 1) for block in blocks]
        spread = [(share * (1 - share)).clamp_min(LEAST_VARIANCE).sqrt() for share in highest[: len(self.grid.phases)]]
        scale = torch.cat(
            [
                (spread[first] * spread[second]).unsqueeze(1).expand(-1, block.stop - block.start)
                for (first, second), block in zip(self.listed, blocks, strict=True)
            ],
            dim=1,
        )
        errors = torch.where(known, values - target, 0) / scale
        share = (known * weights).sum(dim=1).clamp_min(torch.finfo(values.dtype).tiny)
        return (errors.square() * weights).sum(dim=1) / share

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        where = f"lags_um={self.lags_um}" if self.directions == "axes" else f"reach_um={self.reach_um}"
        return f"directions={self.directions!r}, pairs={self.pairs!r}, {where}"

    def _axis_lags(self, field: Tensor) -> dict[str, float]:
        box = (int(field.shape[2]), int(field.shape[3]), int(field.shape[4]))
        axes = range(3 - self.grid.dims, 3)
        return named_lags(self.lags_um, box, self.grid.voxel_um, axes, where="s2.lags_um")

    def _blocks(self, one_way: Tensor) -> tuple[list[slice], Tensor]:
        """The columns of each pair, and the weight of each column: of a pair they add up to 1."""
        columns = [one_way] * len(self.listed)
        if self.pairs == "directed":
            both_ways = torch.cat([one_way[:1], one_way[1:] / 2, one_way[1:] / 2])
            columns = [one_way if first == second else both_ways for first, second in self.listed]
        blocks, start = [], 0
        for weights in columns:
            blocks.append(slice(start, start + len(weights)))
            start += len(weights)
        return blocks, torch.cat(columns)


def _refuse_unread(
    directions: Directions, pairs: Pairs | None, reach_um: float | None, lags_um: tuple[float, ...] | None
) -> None:
    """Refuse parameters that the directions do not read."""
    if directions == "axes":
        for name, value in {"pairs": pairs, "reach_um": reach_um}.items():
            if value is not None:
                raise InputError(
                    f"{name} is of a ball, and the directions are 'axes'", where=f"s2.{name}", fix="Leave it out."
                )
    elif lags_um is not None:
        raise InputError(
            f"lags_um is of the axes, and the directions are {directions!r}",
            where="s2.lags_um",
            fix="Leave it out, or limit the lags with reach_um.",
        )
    if pairs == "directed" and directions != "ball":
        raise InputError(f"directed pairs are of a ball, and the directions are {directions!r}", where="s2.pairs")
