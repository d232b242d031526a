"""Labels of whole layers, read into the array that keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.formats.interface import Slabs
from porenet.interface.value_labels import ValueLabels

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BYTES = 1 << 20
"""Bytes of values that are read before their labels are looked up: they are still in the cache then."""

Layers = tuple[int, int]
Refused = tuple[int, "NDArray[Any]"]
"""A first layer, and the values ``(layers, Y, X)`` from there on, of which one has no phase."""


@dataclass(frozen=True, slots=True)
class LayerLabels:
    """The labels of an array by layers.

    Attributes:
        slabs: its values.
        dtype: their type in the file.
        labels: labels of the values.
    """

    slabs: Slabs
    dtype: np.dtype[Any]
    labels: ValueLabels

    def read_into(self, z0: int, z1: int, out: NDArray[np.uint8]) -> Refused | None:
        """Read the labels of some layers. Bytes are read where their labels go, so that they are nowhere twice.

        Args:
            z0: first layer.
            z1: the layer behind the last.
            out: ``(z1 - z0, Y, X)`` uint8, contiguous.

        Returns:
            None if each value has a phase; else some layers with a value that has none.
        """
        for start, stop in self._pieces(z0, z1):
            part = out[start - z0 : stop - z0]
            in_place = self.slabs.read_into is not None and self.dtype.itemsize == 1
            if self.slabs.read_into is not None and in_place:
                values: NDArray[Any] = part.view(self.dtype)
                self.slabs.read_into(start, values)
            else:
                values = np.ascontiguousarray(self.slabs.read(start, stop))
            if not self.labels.write(values.reshape(-1), part.reshape(-1)):
                return start, self.slabs.read(start, stop) if in_place else values
        return None

    def _pieces(self, z0: int, z1: int) -> Iterator[Layers]:
        """Runs of layers that are read at a time, which end where chunks end."""
        if self.slabs.read_into is None:
            yield z0, z1
            return
        _, rows, columns = self.slabs.shape
        depth = self.slabs.chunk_depth
        step = max(1, _BYTES // (rows * columns * self.dtype.itemsize * depth)) * depth
        while z0 < z1:
            stop = min(z1, (z0 // step + 1) * step)
            yield z0, stop
            z0 = stop
