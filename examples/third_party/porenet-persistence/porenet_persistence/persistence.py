"""Persistence: separate pieces of a phase, and the two voxels that keep each piece separate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

import numpy as np
import torch
from annotated_types import Ge
from gudhi import PeriodicCubicalComplex
from numpy.typing import NDArray
from torch import Tensor, nn

from porenet.interface import Grid, Phase

OPEN = (False, False, False)


def critical_voxels(
    field: NDArray[np.float64], periodic: tuple[bool, bool, bool] = OPEN
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each component is born and where it dies, as the threshold sinks from 1 to 0.

    A component of ``field >= threshold`` is born at its highest voxel and dies at the voxel through which it first
    touches one born higher. Components are joined through faces (6 neighbours).

    Args:
        field: ``(Z, Y, X)``, probability of one phase, dimensionless, finite.
        periodic: per axis (z, y, x), whether opposite faces are neighbours.

    Returns:
        Birth and death, each ``(K,)``, indices into ``field.ravel()``, most persistent first. Without the component
        born at the maximum of the field, which never dies; nor those that die where they are born.
    """
    # Voxels are the vertices of the complex, so an edge is a shared face. As top-dimensional cells, gudhi's more
    # common form, they would also join where they share an edge or a corner: 26 neighbours, another structure.
    filtration = PeriodicCubicalComplex(vertices=-field, periodic_dimensions=list(periodic))
    filtration.compute_persistence(homology_coeff_field=2)  # components are the same over every field
    by_dimension, _ = filtration.vertices_of_persistence_pairs()
    pairs = by_dimension[0] if by_dimension else np.empty((0, 2), dtype=np.intp)
    # gudhi counts voxels with the first axis fastest (Fortran order), torch and numpy with the last.
    pairs = np.ravel_multi_index(np.unravel_index(pairs, field.shape, order="F"), field.shape)
    birth, death = pairs.T
    order = np.argsort(field.flat[death] - field.flat[birth], kind="stable")
    return birth[order], death[order]


def surplus(phase: Tensor, keep: int = 1, periodic: tuple[bool, bool, bool] = OPEN) -> Tensor:
    """Sum of the squared persistence of all components but the ``keep`` most persistent.

    Args:
        phase: ``(B, Z, Y, X)``, probability of one phase, dimensionless.
        keep: number of components that cost nothing, >= 1.
        periodic: per axis (z, y, x), whether opposite faces are neighbours.

    Returns:
        ``(B,)``, dimensionless, >= 0, at least float32; NaN for a sample that is not finite.
    """
    flat = phase.to(torch.promote_types(phase.dtype, torch.float32)).flatten(1)
    fields = phase.detach().cpu().double().numpy()
    values = [_surplus(sample, field, keep, periodic) for sample, field in zip(flat, fields, strict=True)]
    return torch.stack(values)


class Persistence(nn.Module):
    r"""Penalty on the connected components of a phase beyond the most persistent ones.

    .. math:: L = \sum_{i > k} (p_c(b_i) - p_c(d_i))^2

    over the components i of the superlevel sets of p_c, most persistent first, born at voxel b_i and dying at d_i. The
    first is the one born at the maximum: it never dies, outlives all others and is always kept. On a one-hot field L is
    the number of components beyond k. It is a count, not a mean: it grows with the volume.

    The gradient sits at the critical voxels and nowhere else: descent lowers the peak b and raises the saddle d, each
    by 2 (p(b) - p(d)), until the piece has faded or is joined. Squared rather than plain persistence, so that the many
    faint maxima of a noisy field are pushed as little as they matter, and a pair that vanishes leaves no kink.

    The features to remove are penalised as by Clough et al. (https://doi.org/10.1109/TPAMI.2020.3013679), who also
    reward those to keep, and as the unmatched ones of Hu et al. (https://doi.org/10.48550/arXiv.1906.05404).

    Known defects: one component is not a percolating one, and a ball in mid-volume costs 0. Nor does the loss bring
    back an absent phase: a uniform field has no second component, whatever its probability, so it costs 0 with a
    gradient of 0, and erasing a phase is a minimum; run it beside a volume fraction. Pieces too faint to be decoded
    cost too. A step reaches two voxels per piece, and gudhi works on one CPU core, sample after sample, wherever the
    field is.

    Args:
        grid: the phases, and which axes are periodic.
        phase: the phase to keep together.
        keep: number of components that cost nothing.
    """

    def __init__(self, grid: Grid, *, phase: Phase, keep: Annotated[int, Ge(1)] = 1) -> None:
        super().__init__()
        self.phase, self.keep = phase, keep
        self.channel, self.periodic = grid.index(phase), grid.periodic

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: not read.

        Returns:
            ``(B,)``, dimensionless, >= 0.
        """
        return surplus(probabilities[:, self.channel], self.keep, self.periodic)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"phase={self.phase!r}, keep={self.keep}"


def _surplus(sample: Tensor, field: NDArray[np.float64], keep: int, periodic: tuple[bool, bool, bool]) -> Tensor:
    if not np.isfinite(field).all():
        # gudhi (3.10 to 3.13) aborts the whole process on a NaN. Passed on, it is reported by the objective instead.
        return sample.sum() * math.nan
    # The component that never dies is the first of those kept, and not among the pairs.
    birth, death = (
        torch.from_numpy(voxels[keep - 1 :]).to(sample.device) for voxels in critical_voxels(field, periodic)
    )
    return (sample[birth] - sample[death]).square().sum()
