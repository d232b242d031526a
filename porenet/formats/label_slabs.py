"""One volume by slabs of whole layers, as labels: what is measured where a volume does not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError, Wording
from porenet.formats import phases as mapping
from porenet.formats.file_guard import guard
from porenet.formats.forward_slabs import forward_slabs
from porenet.formats.interface import Cuts, Slabs, StoredArray
from porenet.formats.whole_numbers import whole, whole_dtype
from porenet.interface import Grid

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
    _converted: Callable[[NDArray[Any], int], NDArray[np.uint8]]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(Z, Y, X), voxels."""
        return self.slabs.shape

    @property
    def chunk_depth(self) -> int:
        """Layers that are decoded together; slabs that end at multiples of it decode nothing twice."""
        return self.slabs.chunk_depth

    @property
    def cuts(self) -> Cuts:
        """``anywhere``, or ``forwards`` where each slab must begin at the end of the one before or at layer 0."""
        return self.slabs.cuts

    def read(self, z0: int, z1: int) -> NDArray[np.uint8]:
        """Labels of the layers from ``z0`` to before ``z1``.

        Returns:
            ``(z1 - z0, Y, X)`` uint8.

        Raises:
            InputError: no such layers, the file is damaged, or a value has no phase.
        """
        self._check_run(z0, z1, self.shape[0], "layers")
        return guard(self.path, self._title, lambda: self._converted(self.slabs.read(z0, z1), z0))

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
        return guard(self.path, self._title, lambda: self._converted(read(y0, y1), 0))

    def _check_run(self, start: int, stop: int, length: int, what: str) -> None:
        if not 0 <= start < stop <= length:
            raise InputError(f"has the {what} 0 to {length}, not {start} to {stop}", where=str(self.path))


def label_slabs(
    path: Path, title: str, stored: StoredArray, values: Mapping[str, Sequence[int]], grid: Grid
) -> LabelSlabs:
    """A volume by slabs.

    Args:
        path: the file or folder.
        title: of its format.
        stored: what its header says, already checked.
        values: values of each phase, in label order.
        grid: the grid.

    Raises:
        InputError: z runs fastest.
    """
    if stored.fortran:
        raise InputError(
            "cannot be read by slabs: z runs fastest in it",
            fix=Wording("Write it in C order, with numpy.ascontiguousarray.", _CONVERT.format(path.name)),
        )
    slabs = stored.slabs or forward_slabs(stored, _convert(path))
    convert = mapping.converter(whole_dtype(stored.dtype), mapping.labels_by_value(values))

    def converted(block: NDArray[Any], z0: int) -> NDArray[np.uint8]:
        start = z0 * stored.shape[1] * stored.shape[2]
        flat = whole(np.ascontiguousarray(block).reshape(-1), start, stored)
        labels = convert(flat.astype(whole_dtype(stored.dtype), casting="equiv", copy=False))
        if (labels == mapping.NO_PHASE).any():
            place = int(np.argmax(labels == mapping.NO_PHASE)) // (block.shape[1] * block.shape[2])
            census = replace(stored, blocks=lambda: iter((flat,)))
            error = mapping.without_phase(census, values)
            raise InputError(f"in layer {z0 + place} {error.what} in this slab", fix=error.fix)
        return np.asarray(labels).reshape(block.shape)

    return LabelSlabs(path, grid, slabs, stored.dtype.itemsize, title, converted)


def _convert(path: Path) -> Wording:
    """What to do about a file that cannot be read in the order that is needed."""
    return Wording("Write it as .zarr with porenet.formats.write.", _CONVERT.format(path.name))
