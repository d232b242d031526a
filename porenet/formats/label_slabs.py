"""One volume by slabs of whole layers, as labels: what is measured where a volume does not fit into memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError, Wording
from porenet.formats import phases as mapping
from porenet.formats.file_guard import guard
from porenet.formats.forward_slabs import forward_slabs
from porenet.formats.interface import Cuts, Slabs, StoredArray
from porenet.formats.layer_labels import LayerLabels
from porenet.formats.transposed_slabs import transposed_slabs
from porenet.formats.whole_numbers import whole
from porenet.interface import Grid
from porenet.interface.value_labels import ValueLabels

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CONVERT = "Convert it: porenet convert {} NAME.zarr."


@dataclass(frozen=True, slots=True)
class LabelSlabs:
    """A volume that is read by slabs.

    Attributes:
        path: the file or folder.
        grid: phases, voxel edges (um) and boundaries.
        slabs: its values.
        value_bytes: bytes of one value in memory.
    """

    path: Path
    grid: Grid
    slabs: Slabs
    value_bytes: int
    _title: str
    _stored: StoredArray
    _values: Mapping[str, Sequence[int]]
    _labels: ValueLabels

    @property
    def shape(self) -> tuple[int, int, int]:
        """(Z, Y, X), voxels."""
        return self.slabs.shape

    @property
    def chunk_depth(self) -> int:
        """Layers that are decoded together; slabs that end at multiples of it decode nothing twice."""
        return self.slabs.chunk_depth

    @property
    def again(self) -> bool:
        """Whether the whole file is read for each slab, because z runs fastest in it."""
        return self._stored.fortran

    @property
    def is_short(self) -> bool:
        """Whether an uncompressed file has fewer bytes than its voxels take."""
        stored = self._stored
        return stored.expansion <= 1 and stored.packed_bytes < stored.size * stored.dtype.itemsize

    @property
    def cuts(self) -> Cuts:
        """``anywhere``, or ``forwards`` where each slab must begin at the end of the one before or at layer 0."""
        return self.slabs.cuts

    def read(self, z0: int, z1: int, out: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        """Labels of the layers from ``z0`` to before ``z1``.

        Args:
            z0: first layer.
            z1: the layer behind the last.
            out: ``(z1 - z0, Y, X)`` uint8, contiguous, for the labels; default: a new array.

        Returns:
            ``(z1 - z0, Y, X)`` uint8.

        Raises:
            InputError: no such layers, the file is damaged, or a value has no phase.
        """
        self._check_run(z0, z1, self.shape[0], "layers")
        shape = (z1 - z0, *self.shape[1:])
        if out is not None and not (out.shape == shape and out.dtype == np.uint8 and out.flags.carray):
            raise InputError(
                f"a contiguous array of uint8 of the shape {shape} was expected", where="LabelSlabs.read.out"
            )
        labels = np.empty(shape, np.uint8) if out is None else out
        layers = LayerLabels(self.slabs, self._stored.dtype, self._labels)

        def step() -> NDArray[np.uint8]:
            refused = layers.read_into(z0, z1, labels)
            if refused:
                raise self._refusal(*refused)
            return labels

        return guard(self.path, self._title, step)

    def read_y(self, y0: int, y1: int) -> NDArray[np.uint8]:
        """Labels of the rows from ``y0`` to before ``y1``, whole along z and x.

        Returns:
            ``(Z, y1 - y0, X)`` uint8.

        Raises:
            InputError: as `read`; or the format cannot be read so.
        """
        read = self.slabs.read_y
        if read is None:
            raise InputError(
                f"a block of rows of {self._title} would decode the whole file",
                where=str(self.path),
                fix=_convert(self.path),
            )
        self._check_run(y0, y1, self.shape[1], "rows")
        labels = np.empty((self.shape[0], y1 - y0, self.shape[2]), np.uint8)

        def step() -> NDArray[np.uint8]:
            values = np.ascontiguousarray(read(y0, y1))
            if not self._labels.write(values.reshape(-1), labels.reshape(-1)):
                layer = self._first_unknown(values)
                raise self._refusal(layer, self.slabs.read(layer, layer + 1))
            return labels

        return guard(self.path, self._title, step)

    def _refusal(self, z0: int, values: NDArray[Any]) -> InputError:
        """The error for values without a phase, which names the first layer that has one."""
        flat = whole(values.reshape(-1), z0 * self.shape[1] * self.shape[2], self._stored)
        layer = z0 + self._first_unknown(values)
        error = mapping.without_phase(replace(self._stored, blocks=lambda: iter((flat,))), self._values)
        return InputError(f"in layer {layer} {error.what} in this slab", fix=error.fix)

    def _first_unknown(self, values: NDArray[Any]) -> int:
        """The first of some layers with a value that has no phase."""
        return int(np.argmin(np.isin(values, list(mapping.labels_by_value(self._values))).all(axis=(1, 2))))

    def _check_run(self, start: int, stop: int, length: int, what: str) -> None:
        if not 0 <= start < stop <= length:
            raise InputError(f"has the {what} 0 to {length}, not {start} to {stop}", where=str(self.path))


def label_slabs(
    path: Path,
    title: str,
    stored: StoredArray,
    values: Mapping[str, Sequence[int]],
    grid: Grid,
    *,
    again: bool = False,
) -> LabelSlabs:
    """A volume by slabs.

    Args:
        path: the file or folder.
        title: of its format.
        stored: what its header says, already checked.
        values: values of each phase, in label order.
        grid: the grid.
        again: whether a file in which z runs fastest is read once per slab; else it is refused.

    Raises:
        InputError: z runs fastest.
    """
    if stored.fortran and not again:
        raise InputError(
            "cannot be read by slabs: z runs fastest in it",
            fix=Wording("Write it in C order, with numpy.ascontiguousarray.", _CONVERT.format(path.name)),
        )
    slabs = transposed_slabs(stored) if stored.fortran else stored.slabs or forward_slabs(stored, _convert(path))
    labels = ValueLabels.of(stored.dtype, mapping.labels_by_value(values))
    return LabelSlabs(path, grid, slabs, stored.dtype.itemsize, title, stored, values, labels)


def _convert(path: Path) -> Wording:
    """What to do about a file that cannot be read in the order that is needed."""
    return Wording("Write it as .zarr with porenet.formats.write.", _CONVERT.format(path.name))
