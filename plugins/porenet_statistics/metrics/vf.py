"""Volume fraction of each phase."""

from __future__ import annotations

from porenet.contacts import voxels
from porenet.interface import Volume


def volume_fractions(volume: Volume) -> dict[str, float]:
    """Volume fraction of each phase: its share of the voxels.

    Exact counts; an absent phase has 0. Definition: S. Torquato, Random Heterogeneous Materials (2002),
    https://doi.org/10.1007/978-1-4757-6355-3.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.

    Returns:
        Phase name -> fraction, dimensionless; they sum to 1.
    """
    phases = volume.grid.phases
    counts = voxels(volume.labels, len(phases))
    return {phase: float(count / volume.labels.size) for phase, count in zip(phases, counts, strict=True)}
