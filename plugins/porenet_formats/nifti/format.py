"""NIfTI-1 and NIfTI-2 in one file, plain (``.nii``) or gzipped (``.nii.gz``), CRC verified.

Axes are stored i fastest, so i, j, k become x, y, z and the array (Z, Y, X).
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, DEFLATE_RATIO, UNSTATED, Options, StoredArray, flat_blocks, plain_slabs
from porenet_formats.nifti.axes import voxel_edges
from porenet_formats.nifti.header import LONGEST, NiftiHeader, parse_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = 1 << 20


class Nifti:
    """NIfTI of version 1 and 2, in one file."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the voxels of a NIfTI file."""
        options.refuse_dataset()
        with _open(path) as file:
            header = parse_header(file.read(LONGEST))
        stored, scaling = header.dtype, _scaling(header)
        voxel, note = voxel_edges(header) if len(header.sizes) == 3 else (UNSTATED, "")
        packed = _packed(path)
        size, shape = path.stat().st_size, tuple(reversed(header.sizes))

        def blocks() -> Iterator[NDArray[Any]]:
            with _open(path) as file:
                _skip(file, header.start)
                for block in flat_blocks(file.read, stored, math.prod(header.sizes), to_end=True):
                    yield block if scaling is None else block * scaling[0] + scaling[1]

        return StoredArray(
            shape=shape,
            dtype=stored if scaling is None else np.dtype(np.float64),
            packed_bytes=size if packed else size - header.start,
            expansion=(DEFLATE_RATIO if packed else 1.0) * (1.0 if scaling is None else 8 / stored.itemsize),
            blocks=blocks,
            voxel_um=voxel,
            voxel_note=note,
            slabs=None if packed or scaling else plain_slabs(path, header.start, shape, stored, end=size),
        )


def _packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _open(path: Path) -> BinaryIO:
    """The bytes of the file, decompressed; gzip compares their checksum at their end."""
    return cast(BinaryIO, gzip.open(path)) if _packed(path) else path.open("rb")


def _skip(file: BinaryIO, count: int) -> None:
    while count > 0:
        data = file.read(min(count, _PIECE))
        if not data:
            raise InputError("ends before its voxels begin", fix=DAMAGED)
        count -= len(data)


def _scaling(header: NiftiHeader) -> tuple[float, float] | None:
    """Slope and intercept that turn stored values into those meant; None for the stored values themselves."""
    slope, intercept = header.scaling
    if slope == 0 or not math.isfinite(slope) or (slope == 1 and intercept == 0):
        return None
    if not math.isfinite(intercept):
        raise InputError(f"its header scales its values by {slope:g} and {intercept:g}", fix=DAMAGED)
    return slope, intercept
