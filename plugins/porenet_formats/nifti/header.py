"""The header of a NIfTI-1 or NIfTI-2 file.

Read here and not with nibabel, which guesses the byte order, scales silently and verifies no checksum of what it
maps. Sources: https://nifti.nimh.nih.gov/nifti-1 (nifti1.h) and nifti2.h.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, shortest

LONGEST = 540
"""Bytes of the longer of the two headers."""

_FARTHEST = 1 << 28
"""Byte before which the voxels begin: behind extensions, which a gzipped file must be inflated to pass over."""

_MAGIC = {348: (b"n+1\0",), 540: (b"n+2\0\r\n\x1a\n",)}
_PAIR = (b"ni1\0", b"ni2\0\r\n\x1a\n")
_CODES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
_OTHERS = {
    1: "bits", 32: "complex numbers", 128: "colours", 1536: "long double", 1792: "complex numbers",
    2048: "complex numbers", 2304: "colours",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NiftiHeader:
    """A header.

    Attributes:
        sizes: voxels along each axis, i (fastest), j, k and further ones.
        datatype: code of the type of the values.
        bits: bits per value that the header states beside it.
        order: ``<`` or ``>``.
        start: first byte of the voxels.
        scaling: slope and intercept of the values.
        edges: distances along i, j, k.
        handedness: -1 if the quaternion describes a left-handed system, else 1.
        units: code of the units of space and time.
        qform: code, and the parameters b, c, d of the quaternion.
        sform: code, and the three rows of the affine matrix.
    """

    sizes: tuple[int, ...]
    datatype: int
    bits: int
    order: str
    start: int
    scaling: tuple[float, float]
    edges: tuple[float, ...]
    handedness: float
    units: int
    qform: tuple[int, tuple[float, ...]]
    sform: tuple[int, tuple[tuple[float, ...], ...]]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values in the file.

        Raises:
            InputError: it is not one number per voxel, or the header contradicts itself.
        """
        if self.datatype not in _CODES:
            kind = _OTHERS.get(self.datatype, f"datatype {self.datatype}")
            raise InputError(f"holds values of type {kind}, not one number per voxel", fix="Save it as uint8.")
        dtype = np.dtype(self.order + _CODES[self.datatype])
        if self.bits != 8 * dtype.itemsize:
            raise InputError(f"its header gives datatype {self.datatype} of {self.bits} bits", fix=DAMAGED)
        return dtype


def parse_header(data: bytes) -> NiftiHeader:
    """Parse a header.

    Args:
        data: the first bytes of the file, at least `LONGEST` unless it is shorter.

    Raises:
        InputError: they are not a NIfTI header of a file that also holds the voxels.
    """
    for order in "<>":
        size = struct.unpack(f"{order}i", data[:4])[0] if len(data) >= 4 else 0
        if size in _MAGIC and len(data) >= size:
            magic = data[344:348] if size == 348 else data[4:12]
            if magic in _PAIR:
                raise InputError("its voxels are in an .img file of their own", fix="Save it as one .nii file.")
            if magic not in _MAGIC[size]:
                raise InputError(f"is not a NIfTI file: its magic is {magic!r}", fix=DAMAGED)
            return _first(data, order) if size == 348 else _second(data, order)
    raise InputError("is not a NIfTI file, or a part of its header", fix=DAMAGED)


def _first(data: bytes, order: str) -> NiftiHeader:
    def field(place: int, kind: str) -> tuple[float, ...]:
        return struct.unpack_from(order + kind, data, place)

    pixdim = field(76, "8f")
    start, slope, intercept = field(108, "3f")
    datatype, bits = struct.unpack_from(f"{order}2h", data, 70)
    qform, sform = struct.unpack_from(f"{order}2h", data, 252)
    return NiftiHeader(
        sizes=_sizes(struct.unpack_from(f"{order}8h", data, 40)),
        datatype=datatype,
        bits=bits,
        order=order,
        start=_start(start, 348),
        scaling=(slope, intercept),
        edges=shortest(pixdim[1:4]),
        handedness=-1.0 if pixdim[0] < 0 else 1.0,
        units=data[123],
        qform=(qform, field(256, "3f")),
        sform=(sform, tuple(field(place, "4f") for place in (280, 296, 312))),
    )


def _second(data: bytes, order: str) -> NiftiHeader:
    def field(place: int, kind: str) -> tuple[float, ...]:
        return struct.unpack_from(order + kind, data, place)

    pixdim = field(104, "8d")
    datatype, bits = struct.unpack_from(f"{order}2h", data, 12)
    qform, sform = struct.unpack_from(f"{order}2i", data, 344)
    slope, intercept = field(176, "2d")
    return NiftiHeader(
        sizes=_sizes(struct.unpack_from(f"{order}8q", data, 16)),
        datatype=datatype,
        bits=bits,
        order=order,
        start=_start(struct.unpack_from(f"{order}q", data, 168)[0], 540),
        scaling=(slope, intercept),
        edges=pixdim[1:4],
        handedness=-1.0 if pixdim[0] < 0 else 1.0,
        units=struct.unpack_from(f"{order}i", data, 500)[0],
        qform=(qform, field(352, "3d")),
        sform=(sform, tuple(field(place, "4d") for place in (400, 432, 464))),
    )


def _sizes(dim: tuple[int, ...]) -> tuple[int, ...]:
    if not 1 <= dim[0] <= 7:
        raise InputError(f"its header has {dim[0]} axes", fix=DAMAGED)
    sizes = list(dim[1 : dim[0] + 1])
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes.pop()
    return tuple(sizes)


def _start(offset: float, least: int) -> int:
    if not least <= offset < _FARTHEST or offset != int(offset):
        raise InputError(f"its voxels begin at byte {offset:g}", fix=DAMAGED)
    return int(offset)
