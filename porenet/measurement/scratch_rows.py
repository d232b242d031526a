"""Rows of a volume whose format would decode the whole file for each block of them: from a packed scratch file.

TIFF, folders of slices and compressed files are read in layers only. For `s2` along z, which reads whole lines along z,
the labels of the first reading are kept in a file without a name, which the system removes with the process, whatever
ends it.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from porenet.errors import InputError
from porenet.formats import write_error
from porenet.measurement.slab_plan import size_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet.formats import LabelSlabs
    from porenet.interface import Grid


class ScratchRows:
    """Layers of a volume, and its rows from a scratch file of 2, 4 or 8 bits per voxel.

    Args:
        layers: the volume.
        folder: where the file is written; None: the folder for temporary files.

    Raises:
        InputError: the disk has no room for it.
    """

    def __init__(self, layers: LabelSlabs, folder: Path | None) -> None:
        self._layers = layers
        self._per_byte = next(8 // bits for bits in (2, 4, 8) if len(layers.grid.phases) <= 1 << bits)
        depth, height, width = layers.shape
        self._row_bytes = -(-width // self._per_byte)
        self._is_written = np.zeros(depth, np.bool_)
        self.size = depth * height * self._row_bytes
        self._place = folder or Path(tempfile.gettempdir())
        try:
            free = shutil.disk_usage(self._place).free
            if free < self.size:
                raise InputError(
                    f"needs a scratch file of {size_text(self.size)}, and {size_text(free)} are free",
                    where=str(self._place),
                    fix="Make room; or convert the volume to .zarr, whose rows can be read.",
                )
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=self._place)  # noqa: SIM115 (lives as long as this)
        except OSError as error:
            raise write_error(self._place, error) from error

    @property
    def shape(self) -> tuple[int, int, int]:
        """(Z, Y, X), voxels."""
        return self._layers.shape

    @property
    def grid(self) -> Grid:
        """Phases, voxel edges (um) and boundaries."""
        return self._layers.grid

    def read(self, z0: int, z1: int, out: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        """Labels of the layers from ``z0`` to before ``z1``; see `porenet.formats.LabelSlabs.read`.

        Raises:
            InputError: they cannot be read, or the scratch file not written.
        """
        labels = self._layers.read(z0, z1, out)
        for z, layer in enumerate(labels, z0):
            if not self._is_written[z]:
                self._write(z, layer)
        return labels

    def read_y(self, y0: int, y1: int) -> NDArray[np.uint8]:
        """Labels of the rows from ``y0`` to before ``y1``, whole along z and x: ``(Z, y1 - y0, X)`` uint8.

        Raises:
            InputError: as `read`.
        """
        depth, height, width = self.shape
        while not self._is_written.all():
            z0 = int(np.argmin(self._is_written))  # read by an earlier process, which was killed
            missing = int(np.argmax(np.append(self._is_written[z0:], True)))
            self.read(z0, z0 + min(missing, self._layers.chunk_depth))
        labels = np.empty((depth, y1 - y0, width), np.uint8)
        for z, block in enumerate(labels):
            self._file.seek((z * height + y0) * self._row_bytes)
            packed = np.frombuffer(self._file.read((y1 - y0) * self._row_bytes), np.uint8)
            block[:] = self._unpacked(packed.reshape(y1 - y0, self._row_bytes))[:, :width]
        return labels

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def _write(self, z: int, layer: NDArray[np.uint8]) -> None:
        try:
            self._file.seek(z * layer.shape[0] * self._row_bytes)
            self._file.write(self._packed(layer).tobytes())
        except OSError as error:
            raise write_error(self._place, error) from error
        self._is_written[z] = True

    def _packed(self, rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """``(Y, B)`` uint8, several labels in each byte, the first in its lowest bits."""
        count, bits = self._per_byte, 8 // self._per_byte
        padded = np.pad(rows, ((0, 0), (0, self._row_bytes * count - rows.shape[1])))
        packed = padded[:, ::count].copy()
        for place in range(1, count):
            packed |= padded[:, place::count] << np.uint8(bits * place)
        return packed

    def _unpacked(self, packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
        count, bits = self._per_byte, 8 // self._per_byte
        labels = np.empty((len(packed), packed.shape[1] * count), np.uint8)
        for place in range(count):
            labels[:, place::count] = packed >> np.uint8(bits * place) & np.uint8((1 << bits) - 1)
        return labels
