"""How much of a structure is in another one: the best agreement over all shifts and the inversion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COPY = 0.8
"""Agreement from which a result is called a copy, if it is more than half of the way from chance to a copy."""

Labels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Agreement of two structures.

    Attributes:
        agreement: largest share of equal voxels over all shifts (round the box) and the inversion, 0 to 1.
        chance: share of equal voxels of unrelated structures of these fractions, the mean over all shifts.
    """

    agreement: float
    chance: float

    @property
    def is_copy(self) -> bool:
        """Whether the agreement is that of a copy rather than of another sample."""
        return self.agreement > COPY and self.agreement - self.chance > (1 - self.chance) / 2


def overlap_of(reference: Labels, result: Labels, phases: int) -> Overlap:
    """Agreement of a result with the structure whose descriptors it was given.

    Two-point statistics at all lags of one small structure determine it up to shifts and inversion, so these are tried.

    Args:
        reference: ``(Z, Y, X)``.
        result: ``(Z, Y, X)``; what is larger than the reference is cut off.
        phases: number of phases.
    """
    from scipy import fft  # half a second that a listing must not pay

    z, y, x = reference.shape
    part = result[:z, :y, :x]
    counts, chance = np.zeros((2, *reference.shape)), 0.0
    for phase in range(phases):
        mask = (reference == phase).astype(np.float64)
        spectrum = fft.rfftn(mask)
        chance += float(mask.mean()) * float((part == phase).mean())
        for row, turned in enumerate((part, part[::-1, ::-1, ::-1])):
            other = fft.rfftn((turned == phase).astype(np.float64), s=reference.shape)
            counts[row] += fft.irfftn(spectrum * other.conj(), s=reference.shape)
    return Overlap(float(np.rint(counts.max())) / part.size, chance)
