"""MRC and CCP4 maps (``.mrc``, ``.map``, ``.rec``): a header of 1024 bytes, further ones of symmetry, the voxels.

Read here and not with mrcfile, which reads the whole volume and believes the header of a damaged file. Columns are
stored fastest, so x, y, z become (Z, Y, X). Sources: https://www.ccpem.ac.uk/mrc_format/mrc2014.php, and
https://bio3d.colorado.edu/imod/doc/mrc_format.txt for the bytes of IMOD.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import (
    DAMAGED,
    UNSTATED,
    Options,
    StoredArray,
    Voxel,
    flat_blocks,
    plain_slabs,
    shortest,
    span,
    too_many,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER = 1024
_CODES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
_OTHERS = {3: "complex integers", 4: "complex numbers", 101: "4 bits"}
_STAMPS = {b"\x44\x44": "<", b"\x44\x41": "<", b"\x11\x11": ">"}
_OTHER = {"<": ">", ">": "<"}
_IMOD = b"IMOD"
_SIGNED = 1
"""Bit of IMOD's flags that says that the bytes of mode 0 have a sign."""

_UM = 1e-4
"""An angstrom, um."""

_STACK_OF_VOLUMES = 401
"""First number of a space group that stands for a stack of volumes."""


class Mrc:
    """MRC and CCP4 maps of labels."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the voxels of an MRC file."""
        options.refuse_dataset()
        end = path.stat().st_size
        with path.open("rb") as file:
            data = file.read(_HEADER)
        if len(data) < _HEADER:
            raise InputError(f"has {len(data)} bytes, and the header of an MRC file has {_HEADER}", fix=DAMAGED)
        header = _Header(data, _order(data, end))
        header.check_axes()
        needed = header.start + header.size * header.dtype.itemsize
        if min(header.shape) > 0 and end > needed:
            raise too_many(header.size)

        def blocks() -> Iterator[NDArray[Any]]:
            with path.open("rb") as file:
                yield from flat_blocks(span(file, header.start, end), header.dtype, header.size, to_end=True)

        voxel, note = header.voxel
        slabs = plain_slabs(path, header.start, header.shape, header.dtype, end=end)
        return StoredArray(
            header.shape, header.dtype, max(0, end - header.start), 1.0, blocks, voxel, note, slabs=slabs
        )


class _Header:
    """Fields of a header in one byte order."""

    def __init__(self, data: bytes, order: str) -> None:
        self._data, self._order = data, order
        self.shape = tuple(reversed(self._whole(0, 3)))
        self.size = math.prod(self.shape)
        (self.start,) = (_HEADER + extension for extension in self._whole(92, 1))
        self._mode = self._whole(12, 1)[0]

    def _whole(self, place: int, count: int) -> tuple[int, ...]:
        return struct.unpack_from(f"{self._order}{count}i", self._data, place)

    def _real(self, place: int, count: int) -> tuple[float, ...]:
        return struct.unpack_from(f"{self._order}{count}f", self._data, place)

    @property
    def dtype(self) -> np.dtype[Any]:
        if self._mode not in _CODES:
            kind = _OTHERS.get(self._mode, f"mode {self._mode}")
            raise InputError(f"holds values of {kind}, not one number per voxel", fix="Save it as mode 0, 1, 2 or 6.")
        by_imod = self._data[152:156] in (_IMOD, _IMOD[::-1])
        if self._mode == 0 and by_imod and not self._whole(156, 1)[0] & _SIGNED:
            return np.dtype("u1")
        return np.dtype(self._order + _CODES[self._mode])

    @property
    def has_axes(self) -> bool:
        """Whether the axes of columns, rows and sections are numbers of axes."""
        return set(self._whole(64, 3)) <= {0, 1, 2, 3}

    def check_axes(self) -> None:
        """Check that columns, rows and sections are x, y, z at right angles, of one volume.

        Raises:
            InputError: they are not, or the header contradicts itself.
        """
        axes = self._whole(64, 3)
        if axes not in ((1, 2, 3), (0, 0, 0)):
            raise InputError(
                f"its columns, rows and sections are the axes {', '.join(map(str, axes))}, not x, y, z (1, 2, 3)",
                fix="Write it with the axes in the order x, y, z.",
            )
        angles = self._real(52, 3)
        if angles != (0, 0, 0) and not all(math.isclose(angle, 90, abs_tol=1e-3) for angle in angles):
            raise InputError(
                f"the angles of its cell are {', '.join(f'{angle:g}' for angle in angles)} degrees, not right ones",
                fix="Resample it on a rectangular grid.",
            )
        group, sections = self._whole(88, 1)[0], self._whole(36, 1)[0]
        if group >= _STACK_OF_VOLUMES and sections != self.shape[0]:
            raise InputError(f"holds several volumes of {sections} sections each", fix="Save one volume.")
        if self.start < _HEADER:
            raise InputError(f"its extended header has {self.start - _HEADER} bytes", fix=DAMAGED)

    @property
    def voxel(self) -> tuple[Voxel, str]:
        """Voxel edges (z, y, x), um, and why there are none although the cell seems to state them."""
        cell, intervals = shortest(self._real(40, 3)), self._whole(28, 3)
        if not all(intervals) or not any(cell):
            return UNSTATED, ""
        x, y, z = (length / count for length, count in zip(cell, intervals, strict=True))
        if all(math.isclose(edge, 1, rel_tol=1e-6) for edge in (x, y, z)):
            return UNSTATED, "its edges of 1 angstrom are what programs write that do not know them"
        return (z * _UM, y * _UM, x * _UM), ""


def _order(data: bytes, end: int) -> str:
    """Byte order: as the machine stamp says, else the one whose sizes make up the file."""
    order = _STAMPS.get(data[212:214])
    if order is not None:
        name = "little" if order == "<" else "big"
        if not _Header(data, order).has_axes and _Header(data, _OTHER[order]).has_axes:
            raise InputError(f"its machine stamp says {name} endian, but its numbers are the other way", fix=DAMAGED)
        return order
    fitting = [order for order in "<>" if _fills(_Header(data, order), end)]
    if len(fitting) != 1:
        raise InputError(
            f"is not an MRC file, or a damaged one: its machine stamp is {data[212:216].hex(' ')}, and its sizes are "
            f"not those of a file of {end} bytes",
            fix=DAMAGED,
        )
    return fitting[0]


def _fills(header: _Header, end: int) -> bool:
    try:
        return min(header.shape) > 0 and header.start + header.size * header.dtype.itemsize == end
    except InputError:
        return False
