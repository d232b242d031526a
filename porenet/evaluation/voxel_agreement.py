"""Largest agreement of structures with training structures, voxel by voxel: high where a generator memorises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.comparison.copies import unrelated_pairs
from porenet.comparison.structure_match import SYMMETRIES, Search
from porenet.interface import Volume

LEAVE_OUT = 50
"""Most training structures that are set beside the others, for what is usual."""
_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Agreement:
    """The training structure that agrees with a structure in the most voxels.

    Attributes:
        share: of voxels of the same phase, 0 to 1.
        training: index of the training structure.
        symmetry: that it was turned by, a key of `porenet.comparison.structure_match.SYMMETRIES`.
    """

    share: float
    training: int
    symmetry: str


def largest_agreements(
    volumes: Sequence[Volume], training: Sequence[Volume], progress: Callable[[str], object] = lambda _: None
) -> list[Agreement]:
    """For each structure the training structure that shares most voxels with it, in place.

    The training structures are turned by the symmetries that keep z and are not shifted: `porenet.comparison.nearest`
    looks at all shifts, for a hundred times the time.

    Args:
        volumes: structures of one shape and grid.
        training: of the same shape and grid.
        progress: called once per symmetry.
    """
    best = [Agreement(-1.0, 0, "identity")] * len(volumes)
    for symmetry, shares in _shares(volumes, training, progress):
        for number, nearest in enumerate(shares.argmax(axis=1)):
            share = float(shares[number, nearest])
            if share > best[number].share:
                best[number] = Agreement(share, int(nearest), symmetry)
    return best


def usual_agreements(
    training: Sequence[Volume],
    origins: Sequence[Mapping[str, Any] | None],
    progress: Callable[[str], object] = lambda _: None,
) -> list[float]:
    """The largest agreement of training structures with others that share no voxel of their source.

    Args:
        training: of one shape and grid.
        origins: place that each was cut from, or None.
        progress: called once per symmetry.

    Returns:
        One share per structure, of at most 50 of them, evenly spaced; those without such a partner are left out.
    """
    count = len(training)
    chosen = np.unique(np.linspace(0, count - 1, min(LEAVE_OUT, count)).round().astype(int))
    pairs = unrelated_pairs(count, training[0].shape, origins)[chosen]
    best = np.full(len(chosen), -1.0)
    for _, shares in _shares([training[number] for number in chosen], training, progress):
        best = np.maximum(best, np.where(pairs, shares, -1.0).max(axis=1))
    return [float(share) for share in best if share >= 0]


def _shares(
    volumes: Sequence[Volume], training: Sequence[Volume], progress: Callable[[str], object]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Each symmetry, and ``(V, T)``: the share of equal voxels of each pair."""
    phases, voxels = len(training[0].grid.phases), training[0].labels.size
    at_once = max(1, _BYTES // (4 * voxels))
    rows = np.stack([volume.labels.ravel() for volume in volumes])
    for symmetry in Search(training, 1).symmetries:
        equal = np.zeros((len(volumes), len(training)), np.float32)
        for start in range(0, len(training), at_once):
            some = slice(start, start + at_once)
            turned = np.stack([SYMMETRIES[symmetry](volume.labels).ravel() for volume in training[some]])
            for first in range(0, len(volumes), at_once):
                part = slice(first, first + at_once)
                for phase in range(phases):
                    here, there = ((labels == phase).astype(np.float32) for labels in (rows[part], turned))
                    equal[part, some] += here @ there.T
        progress(symmetry)
        yield symmetry, equal.astype(np.float64) / voxels
