"""Products of three smoothed phases, slab by slab: of all their voxels, and of those that are supplied."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from porenet_estimators.gaussian import Field, Smoother

PARTS = ("total", "possible", "active")
"""Of all voxels of the phases, of those that are supplied or may be, and of those that are."""
FIRST_BITS = (0, 3, 6)
"""Bit of the first phase in the codes of each part; see `porenet_boundary.activity.supply_codes`."""


class TripleSlab:
    """A slab of three phases, and the layers that its smoothed values depend on.

    Args:
        smoother: of the volume.
        layers: of the slab.
        needed: layers that ``codes`` holds.
        codes: ``(len(needed), Y, X)``.
    """

    def __init__(self, smoother: Smoother, layers: slice, needed: NDArray[np.intp], codes: NDArray[np.uint16]) -> None:
        self.smoother, self.layers, self.needed, self.codes = smoother, layers, needed, codes
        self.masks = [codes >> phase & 1 for phase in range(3)]

    @property
    def empty(self) -> bool:
        """Whether a phase is absent, so that the slab holds no triple line."""
        return not all(mask.any() for mask in self.masks)

    def zeros(self) -> tuple[Field, ...]:
        """A product for each part where there is no line."""
        _, rows, columns = self.codes.shape
        return (np.zeros((columns, self.layers.stop - self.layers.start, rows)),) * len(PARTS)

    def smoothed(self, field: NDArray[np.generic]) -> Field:
        """A smoothed field of the slab, ``(X, layers, Y)``."""
        return self.smoother.value(self.layers, self.needed, field.astype(np.float64))

    def smoothed_and_slopes(self, field: Field) -> tuple[Field, list[Field]]:
        """A smoothed field of the slab and its slopes along (z, y, x), per voxel."""
        return self.smoother.value_and_slopes(self.layers, self.needed, field)

    def products(self, phases: list[Field], weight: Field | float = 1.0) -> tuple[Field, ...]:
        """The product of the three phases for each part, times a weight.

        Args:
            phases: the three smoothed phases, ``(X, layers, Y)``, dimensionless.
            weight: of the same shape, or a number; any unit.

        Returns:
            One ``(X, layers, Y)`` for each of `PARTS`, in the unit of the weight.
        """
        products = [weight * phases[0] * phases[1] * phases[2]]
        for first_bit in FIRST_BITS[1:]:
            product = np.broadcast_to(weight, phases[0].shape).copy()
            for phase, (mask, whole) in enumerate(zip(self.masks, phases, strict=True)):
                counted = self.codes >> first_bit + phase & 1
                product *= whole if np.array_equal(counted, mask) else self.smoothed(counted)
            products.append(product)
        return tuple(products)


def triple_slabs(codes: NDArray[np.uint16], smoother: Smoother) -> Iterator[TripleSlab]:
    """The slabs of a volume, in order.

    Args:
        codes: ``(Z, Y, X)``, see `porenet_boundary.activity.supply_codes`.
        smoother: of that shape.
    """
    for layers, needed in smoother.slabs():
        yield TripleSlab(smoother, layers, needed, codes[needed])
