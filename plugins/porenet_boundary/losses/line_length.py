"""The length of triple lines as the losses of this folder read it, by a named estimator."""

from __future__ import annotations

from typing import Any, Literal

from porenet_estimators.coarea_fields import triple_line_length
from porenet_estimators.triple_edge_fields import triple_edge_length
from porenet_estimators.triple_product_fields import triple_product_length
from porenet_estimators.triple_products import SIGMA
from torch import Tensor

from porenet.interface import Grid, InputError

Estimator = Literal["triple", "coarea", "edges"]

REAL_RATIOS = (1.0, 6.0)
"""Length by voxel edges per length by either estimator, of real structures: 1.3 to 4.9."""


def real_ratios(dims: int) -> tuple[float, float]:
    """`REAL_RATIOS` in grids of 2 or 3 dimensions.

    Lines have half of their length per volume as points per area, and edges of voxels a third of theirs as corners of
    pixels, so that ratios of sections are 2/3 of those of volumes: 0.86 to 1.06 on random fields of correlation length
    3 to 8 pixels.
    """
    low, high = REAL_RATIOS
    return (low, high) if dims == 3 else (low * 2 / 3, high * 2 / 3)


class LineLength:
    """Length of triple line per volume of fields of three phases.

    Args:
        grid: voxel edges (um) and which axes are periodic.
        estimator: ``triple``, ``coarea`` or ``edges``.
        sigma: for ``triple``, standard deviation of the Gaussian, longest voxel edges.
        where: name of the loss, for messages.

    Attributes:
        params: parameters of the metric ``tpb`` that measures the same.
        name: name of the estimator with its width, ``triple_2``, for targets.

    Raises:
        InputError: a ``sigma`` without ``triple``.
    """

    def __init__(self, grid: Grid, estimator: Estimator, sigma: float, where: str) -> None:
        self.voxel_um, self.periodic, self.sigma = grid.voxel_um, grid.periodic, sigma
        self.params: dict[str, Any] = {"estimator": estimator}
        if estimator == "triple":
            self.params["sigma"] = sigma
        elif sigma != SIGMA:
            raise InputError(
                "the widths of 'coarea' are fixed" if estimator == "coarea" else "'edges' has no Gaussian",
                where=f"{where}.sigma",
                fix="Use estimator = 'triple', or leave sigma out.",
            )
        self.name = f"triple_{sigma:g}" if estimator == "triple" else estimator

    def __call__(self, triple: Tensor, share: Tensor | None = None) -> Tensor:
        """The length.

        Args:
            triple: ``(B, 3, Z, Y, X)``, probabilities of three phases, dimensionless.
            share: of the same shape, how much of each phase counts, 0 to 1; all of it if None.

        Returns:
            ``(B,)``, um^-2; by ``coarea`` slightly below 0 where its wider Gaussian alone sees a line.
        """
        counted = triple if share is None else triple * share
        if self.name == "edges":
            return triple_edge_length(counted, self.voxel_um, self.periodic)
        if "sigma" in self.params:
            return triple_product_length(counted, self.voxel_um, self.periodic, self.sigma)
        return triple_line_length(triple, self.voxel_um, self.periodic, None if share is None else counted)
