"""Volume fraction of each phase."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from porenet.interface import Grid, Volume
from porenet.slabs import About, Need, Summary, in_memory


def volume_fractions(volume: Volume) -> dict[str, float]:
    r"""Volume fraction of each phase: its share of the voxels.

    .. math:: \phi_c = N_c / N

    Exact counts; an absent phase has 0. Definition: S. Torquato, Random Heterogeneous Materials (2002),
    https://doi.org/10.1007/978-1-4757-6355-3.

    Known defects. It counts the segmentation: an interface moved by half a voxel moves the value by half a voxel times
    its area, S_V h / 2 (``porenet measure --sensitivity`` moves it). It says nothing of shape, size or ways
    through.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.

    Returns:
        Phase name -> fraction, dimensionless; they sum to 1.
    """
    return in_memory(BY_SLABS, volume)  # type: ignore[return-value]


VOXELS = Need(voxels=True)


class FractionsBySlabs:
    """Volume fractions from the voxels of each phase."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """The voxels of each phase."""
        return VOXELS

    def finish(self, state: Summary, about: About, params: Mapping[str, Any]) -> dict[str, float]:
        """The fractions."""
        size = math.prod(about.shape)
        return {phase: count / size for phase, count in zip(about.grid.phases, state.voxels.tolist(), strict=True)}


BY_SLABS = FractionsBySlabs()
